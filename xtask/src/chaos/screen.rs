//! The editor among the calls of a session: in a window of our CLAP host, in VST3 as a view that is given a frame. Tried on
//! Linux.

#[cfg(target_os = "linux")]
mod linux {
    use std::any::Any;
    use std::time::Duration;

    use anyhow::Result;

    use crate::editor::window::{Display, Editor};
    use crate::hosts::Host;
    use crate::hosts::clap::ClapHost;
    use crate::hosts::vst3::{Teardown, Vst3Host};

    /// The display that editors are opened on, if they are tried.
    #[derive(Default)]
    pub struct Screen(Option<Display>);

    impl Screen {
        /// The display of this process.
        pub(crate) fn connect() -> Result<Self> {
            Ok(Self(Some(Display::connect()?)))
        }
    }

    /// The editor of one instance.
    pub(crate) struct Window<'a> {
        screen: &'a Screen,
        open: Option<Editor>,
    }

    impl<'a> Window<'a> {
        pub(crate) fn new(screen: &'a Screen) -> Self {
            Self { screen, open: None }
        }

        pub(crate) fn open_or_close(&mut self, host: &mut dyn Host, is_awaited: bool) -> Result<()> {
            let Screen(Some(display)) = self.screen else { return Ok(()) };
            if self.open.is_some() {
                return self.close(host);
            }
            let host: &mut dyn Any = host;
            if let Some(clap) = host.downcast_mut::<ClapHost>() {
                let editor = Editor::open(clap, display)?;
                if is_awaited {
                    editor.wait_for_picture(clap, display, Duration::ZERO)?;
                }
                self.open = Some(editor);
            } else if let Some(vst3) = host.downcast_mut::<Vst3Host>() {
                vst3.handlers_left(Teardown::RemovesFrame)?;
            }
            Ok(())
        }

        pub(crate) fn close(&mut self, host: &mut dyn Host) -> Result<()> {
            let host: &mut dyn Any = host;
            let (Screen(Some(display)), Some(clap)) = (self.screen, host.downcast_mut::<ClapHost>()) else {
                return Ok(());
            };
            self.open.take().map_or(Ok(()), |editor| editor.close(clap, display))
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::marker::PhantomData;

    use anyhow::Result;

    use crate::hosts::Host;

    /// No display.
    #[derive(Default)]
    pub struct Screen;

    /// No editor.
    pub(crate) struct Window<'a>(PhantomData<&'a Screen>);

    impl<'a> Window<'a> {
        pub(crate) fn new(_screen: &'a Screen) -> Self {
            Self(PhantomData)
        }

        pub(crate) fn open_or_close(&mut self, _host: &mut dyn Host, _is_awaited: bool) -> Result<()> {
            Ok(())
        }

        pub(crate) fn close(&mut self, _host: &mut dyn Host) -> Result<()> {
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::Screen;
#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::Window;
#[cfg(target_os = "linux")]
pub use linux::Screen;
#[cfg(target_os = "linux")]
pub(crate) use linux::Window;
