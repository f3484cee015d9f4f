//! The editor's window, as the framework opens it.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{
    Editor as HostedEditor, EditorHandle, HostMethods, Modifiers, ParentWindowHandle, ResizeHint,
    SpawnedEditor, VirtualKeyCode,
};
use nice_plug_egui::{
    EguiEditor, EguiEditorHandle, EguiEditorState, EguiNiceSettings, GraphicsConfig, RepaintNotifier,
};

use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::window::app::EditorApp;
use crate::plugin::editor::window::closing::{Closing, WindowThread};
#[cfg(target_os = "linux")]
use crate::plugin::editor::window::egl;
use crate::plugin::editor::window::memory::Memory;
use crate::plugin::editor::window::resizing::{LastDrag, ResizeFilter};
use crate::plugin::editor::window::waker::Waker;
use crate::plugin::own_transport::OwnTransport;
use crate::plugin::parameters::Parameters;
use crate::plugin::window_size::WindowSize;

/// The editor as the framework opens it.
pub struct EditorWindow {
    parameters: Arc<Parameters>,
    /// `None` in a host.
    transport: Option<Arc<OwnTransport>>,
    memory: Memory,
    /// The one that is open or was last.
    inner: Mutex<EguiEditor<EditorApp>>,
}

impl EditorWindow {
    /// An editor that is not open yet.
    #[must_use]
    pub fn new(parameters: Arc<Parameters>) -> Option<Self> {
        Self::with(parameters, None)
    }

    /// The editor of the application, which has a transport of its own.
    #[must_use]
    pub fn with_transport(parameters: Arc<Parameters>, transport: Arc<OwnTransport>) -> Option<Self> {
        Self::with(parameters, Some(transport))
    }

    fn with(parameters: Arc<Parameters>, transport: Option<Arc<OwnTransport>>) -> Option<Self> {
        let memory = Memory::default();
        let (inner, ..) = editor(&parameters, transport.as_ref(), &memory, LastDrag::default())?;
        Some(Self { parameters, transport, memory, inner: Mutex::new(inner) })
    }

    fn inner(&self) -> MutexGuard<'_, EguiEditor<EditorApp>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fresh editor of the size that the project has, what wakes it, and the thread of its window.
fn editor(
    parameters: &Arc<Parameters>,
    transport: Option<&Arc<OwnTransport>>,
    memory: &Memory,
    last_drag: LastDrag,
) -> Option<(EguiEditor<EditorApp>, Waker, WindowThread)> {
    let (width, height) = parameters.window_size.get();
    let zoom = Settings::load().zoom();
    memory.lock().zoom = zoom;
    let state = EguiEditorState::from_size(LogicalSize::new(width, height), zoom);
    let smallest = LogicalSize::new(WindowSize::SMALLEST.0 * zoom, WindowSize::SMALLEST.1 * zoom);
    let settings = EguiNiceSettings::new()
        .with_tile("Continuo")
        .with_resize_hint(ResizeHint::resizable().with_min_logical_size(smallest))
        .with_repaint_poll_interval(Duration::from_hours(24))
        // There are no gradients to be smoothed, and without a graphics card each pixel costs.
        .with_graphics_config(GraphicsConfig { dithering: false, ..GraphicsConfig::default() });
    let waker = Waker::default();
    let (guard, thread) = WindowThread::new();
    let app = EditorApp::new(
        Arc::clone(parameters),
        transport.cloned(),
        memory.clone(),
        waker.clone(),
        guard,
        last_drag,
    );
    let editor = nice_plug_egui::create_egui_editor(state, RepaintNotifier::new(), settings, app)?;
    Some((editor, waker, thread))
}

impl HostedEditor for EditorWindow {
    type Handle = Handle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Handle>, Box<dyn Error>> {
        #[cfg(target_os = "linux")]
        egl::keep_loaded();
        // A fresh one each time: a project may have been loaded since, with a size of its own.
        let last_drag = LastDrag::default();
        let (editor, waker, thread) =
            editor(&self.parameters, self.transport.as_ref(), &self.memory, last_drag.clone())
                .ok_or("the editor cannot be made")?;
        let host = host.map(|host| HostMethods {
            callbacks: Box::new(ResizeFilter { host: host.callbacks, last_drag }),
            ..host
        });
        let mut inner = self.inner();
        *inner = editor;
        let spawned = inner.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)?;
        Ok(SpawnedEditor {
            handle: Handle { inner: spawned.handle, waker },
            window: Window { inner: spawned.window, _closing: Closing::of(thread) },
        })
    }

    fn size(&self) -> NativeSize<u32> {
        // The framework leaves the zoom out.
        let (zoom, size) = (self.memory.lock().zoom, self.inner().size());
        let zoomed = |pixels: u32| (pixels as f32 * zoom).round() as u32;
        NativeSize { width: zoomed(size.width), height: zoomed(size.height) }
    }

    fn resize_hint(&self) -> ResizeHint {
        self.inner().resize_hint()
    }
}

/// An open window. Dropping it closes it and waits until it is gone.
pub struct Window {
    /// Dropped first, which asks the window's thread to end.
    inner: <EguiEditorHandle as EditorHandle>::Window,
    _closing: Closing,
}

/// An open editor.
pub struct Handle {
    inner: EguiEditorHandle,
    waker: Waker,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.waker.stop();
    }
}

impl EditorHandle for Handle {
    type Window = Window;
    type Error = <EguiEditorHandle as EditorHandle>::Error;

    fn run_until_closed(window: Self::Window) -> Result<(), Self::Error> {
        EguiEditorHandle::run_until_closed(window.inner)
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &Self::Window) -> Result<(), Self::Error> {
        self.inner.set_parent(parent, &window.inner)
    }

    fn show(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.inner.show(&window.inner)
    }

    fn hide(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.inner.hide(&window.inner)
    }

    fn set_size(&self, new_size: NativeSize<u32>, window: &Self::Window) -> Result<(), Self::Error> {
        self.inner.set_size(new_size, &window.inner)
    }

    fn host_main_thread_callback(&self, window: &Self::Window) {
        self.inner.host_main_thread_callback(&window.inner);
    }

    fn adjust_size(&self, new_size: NativeSize<u32>, window: &Self::Window) -> Option<NativeSize<u32>> {
        self.inner.adjust_size(new_size, &window.inner)
    }

    fn set_fallback_scale_factor(&self, scale_factor: f64, window: &Self::Window) -> Result<(), Self::Error> {
        self.inner.set_fallback_scale_factor(scale_factor, &window.inner)
    }

    fn on_virtual_key_from_host(
        &self,
        key_code: VirtualKeyCode,
        is_down: bool,
        modifiers: Modifiers,
    ) -> bool {
        self.inner.on_virtual_key_from_host(key_code, is_down, modifiers)
    }

    fn state_changed(&self) {
        self.inner.state_changed();
    }

    fn param_value_changed(&self, id: &str, normalized_value: f32) {
        self.inner.param_value_changed(id, normalized_value);
    }

    fn param_modulation_changed(&self, id: &str, modulation_offset: f32) {
        self.inner.param_modulation_changed(id, modulation_offset);
    }
}
