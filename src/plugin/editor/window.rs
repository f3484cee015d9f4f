//! The editor's window: its size, kept with the project, and what wakes it.
//!
//! Nothing is drawn while nothing changes. While the song moves, each frame asks for the next; otherwise a
//! small thread looks a few times a second whether there is anything new, and asks for one frame then.
//!
//! The thread begins with the first frame and not before: with baseview 0.4.2 on X11, a window that is
//! asked to redraw before it is mapped stays blank for good. For the same reason egui-baseview's own timer
//! (0.9.0), which asks at its first tick, never ticks.
//!
//! On X11 the window has a thread of its own, and baseview 0.4.2, asked to close, mostly comes back while
//! that thread still takes down what it draws with. A host that then destroys its own window pulls the
//! ground from under it, and one that unloads the plugin can crash. So closing waits here until that thread
//! has ended: [`WindowThread`].
//!
//! baseview 0.4.2 on X11 also takes late news of a size that the host has given its window for a wish of the
//! window's own, and asks the host for that size, which may want another by then: windows fall back while
//! they are dragged. So the host is asked only when the user has dragged the editor's own corner: [`Asking`].

use std::cell::RefCell;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize, Size};
use nice_plug::editor::{
    Editor as HostedEditor, EditorHandle, HostCallbacks, HostMethods, Modifiers, ParentWindowHandle,
    ResizeHint, SpawnedEditor, VirtualKeyCode,
};
use nice_plug::params::persist::PersistentField;
use nice_plug_egui::{
    EguiEditor, EguiEditorHandle, EguiEditorState, EguiNiceSettings, GraphicsConfig, RepaintNotifier,
};
use serde::{Deserialize, Serialize};

use crate::plugin::Parameters;
use crate::plugin::editor::{Editor, SIZE, SMALLEST};

/// The largest size that is taken from a project.
const LARGEST: f32 = 8192.0;
/// How often the thread looks.
const LOOK_EVERY: Duration = Duration::from_millis(60);
/// How long closing waits for the window's thread at most; it mostly takes a few milliseconds.
const CLOSING: Duration = Duration::from_secs(2);
/// How late a size may come that the user wished for.
const WISHED: Duration = Duration::from_secs(1);

/// The window's size in logical pixels, as it is kept with the project.
#[derive(Debug)]
pub struct WindowSize {
    width: AtomicU32,
    height: AtomicU32,
}

/// As it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SavedSize {
    width: f32,
    height: f32,
}

impl Default for WindowSize {
    fn default() -> Self {
        let size = Self { width: AtomicU32::new(0), height: AtomicU32::new(0) };
        size.put(SIZE.0, SIZE.1);
        size
    }
}

impl WindowSize {
    /// Keeps a size, brought within what the editor can be.
    pub(super) fn put(&self, width: f32, height: f32) {
        let within = |value: f32, smallest: f32, usual: f32| {
            if value.is_finite() { value.clamp(smallest, LARGEST) } else { usual }
        };
        self.width.store(within(width, SMALLEST.0, SIZE.0).to_bits(), Ordering::Relaxed);
        self.height.store(within(height, SMALLEST.1, SIZE.1).to_bits(), Ordering::Relaxed);
    }

    /// Width and height.
    #[must_use]
    pub fn get(&self) -> (f32, f32) {
        let value = |stored: &AtomicU32| f32::from_bits(stored.load(Ordering::Relaxed));
        (value(&self.width), value(&self.height))
    }
}

impl PersistentField<'_, SavedSize> for WindowSize {
    fn set(&self, saved: SavedSize) {
        self.put(saved.width, saved.height);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&SavedSize) -> R,
    {
        let (width, height) = self.get();
        f(&SavedSize { width, height })
    }
}

/// The editor as the framework opens it.
pub struct EditorWindow {
    parameters: Arc<Parameters>,
    /// The one that is open or was last.
    inner: Mutex<EguiEditor<Editor>>,
}

impl EditorWindow {
    /// An editor that is not open yet.
    #[must_use]
    pub fn new(parameters: Arc<Parameters>) -> Option<Self> {
        let (inner, ..) = editor(&parameters, Wish::default())?;
        Some(Self { parameters, inner: Mutex::new(inner) })
    }

    fn inner(&self) -> MutexGuard<'_, EguiEditor<Editor>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fresh editor of the size that the project has, what wakes it, and what waits for its thread.
fn editor(parameters: &Arc<Parameters>, wish: Wish) -> Option<(EguiEditor<Editor>, Waker, WindowThread)> {
    let (width, height) = parameters.window_size.get();
    let state = EguiEditorState::from_size(LogicalSize::new(width, height), 1.0);
    let smallest = LogicalSize::new(SMALLEST.0, SMALLEST.1);
    let settings = EguiNiceSettings::new()
        .with_tile("Continuo")
        .with_resize_hint(ResizeHint::resizable().with_min_logical_size(smallest))
        .with_repaint_poll_interval(Duration::from_hours(24))
        // There are no gradients to be smoothed, and where there is no graphics card each pixel costs.
        .with_graphics_config(GraphicsConfig { dithering: false, ..GraphicsConfig::default() });
    let waker = Waker::default();
    let (life, thread) = WindowThread::new();
    let app = Editor::new(Arc::clone(parameters), waker.clone(), life, wish);
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
        // A fresh one each time: a project may have been loaded since, with a size of its own.
        let wish = Wish::default();
        let (editor, waker, thread) =
            editor(&self.parameters, wish.clone()).ok_or("the editor cannot be made")?;
        let host = host.map(|host| HostMethods {
            callbacks: Box::new(Asking { host: host.callbacks, wish: wish.clone() }),
            ..host
        });
        let mut inner = self.inner();
        *inner = editor;
        let spawned = inner.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)?;
        Ok(SpawnedEditor {
            handle: Handle { inner: spawned.handle, waker },
            window: Window { inner: spawned.window, _closing: Closing(thread) },
        })
    }

    fn size(&self) -> NativeSize<u32> {
        self.inner().size()
    }

    fn resize_hint(&self) -> ResizeHint {
        self.inner().resize_hint()
    }
}

/// An open editor.
pub struct Handle {
    inner: EguiEditorHandle,
    waker: Waker,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.waker.end();
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

/// An open window. Dropping it closes it and waits until it is gone.
pub struct Window {
    /// Dropped first, which asks the thread to end.
    inner: <EguiEditorHandle as EditorHandle>::Window,
    _closing: Closing,
}

/// Waits, when dropped, until the window's thread has ended, but not for ever.
struct Closing(WindowThread);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.wait(CLOSING);
    }
}

/// The thread that a window is drawn on, as it is seen from outside.
struct WindowThread(Receiver<()>);

impl WindowThread {
    fn new() -> (Life, Self) {
        let (life, thread) = channel();
        (Life { _of: life }, Self(thread))
    }

    /// Waits until it has ended, but not for longer than this.
    fn wait(&self, limit: Duration) {
        // Nothing is ever sent: the channel breaks when the thread has ended.
        let _ = self.0.recv_timeout(limit);
    }
}

/// What tells that a thread lives.
pub(super) struct Life {
    _of: Sender<()>,
}

impl Life {
    /// Ties this to the thread that calls, if windows have one of their own. A thread lets go of its local
    /// values last of all, when the window and all that it draws with are gone.
    pub(super) fn of_this_thread(self) {
        thread_local! {
            static LIFE: RefCell<Option<Life>> = const { RefCell::new(None) };
        }
        if cfg!(target_os = "linux") {
            LIFE.set(Some(self));
        }
    }
}

/// When the user last wished for another size.
#[derive(Clone, Default)]
pub(super) struct Wish(Arc<Mutex<Option<Instant>>>);

impl Wish {
    /// The user wishes for another size now.
    pub(super) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_fresh(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < WISHED)
    }
}

/// The host, asked for a size only where the user wished for one. Elsewhere than on X11 it is always asked.
struct Asking {
    host: Box<dyn HostCallbacks>,
    wish: Wish,
}

impl HostCallbacks for Asking {
    fn request_resize(&mut self, new_size: Size, scale_factor: f64) -> Result<(), Box<dyn Error>> {
        if cfg!(target_os = "linux") && !self.wish.is_fresh() {
            return Ok(());
        }
        self.host.request_resize(new_size, scale_factor)
    }

    fn destroyed(&mut self) {
        self.host.destroyed();
    }
}

/// The thread that looks whether there is anything new.
#[derive(Clone, Default)]
pub(super) struct Waker {
    is_over: Arc<AtomicBool>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Waker {
    /// Begins to look, unless it does so already: whenever `sign` gives another number than before, the
    /// editor is drawn once.
    pub(super) fn begin(&self, ctx: egui::Context, sign: impl Fn() -> u64 + Send + 'static) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_some() || self.is_over.load(Ordering::Relaxed) {
            return;
        }
        let is_over = Arc::clone(&self.is_over);
        let look = move || {
            let mut known = sign();
            while !is_over.load(Ordering::Relaxed) {
                std::thread::park_timeout(LOOK_EVERY);
                let now = sign();
                if now != known && !is_over.load(Ordering::Relaxed) {
                    known = now;
                    ctx.request_repaint();
                }
            }
        };
        *thread = std::thread::Builder::new().name("continuo editor".into()).spawn(look).ok();
    }

    /// Ends the thread and waits for it.
    fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            // It has nothing to tell.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::error::Error;
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    use nice_plug::editor::HostCallbacks;
    use nice_plug::editor::dpi::{NativeSize, Size};
    use nice_plug::params::persist::PersistentField;

    use crate::plugin::editor::window::{Asking, CLOSING, SavedSize, Waker, WindowSize, WindowThread, Wish};
    use crate::plugin::editor::{SIZE, SMALLEST};

    #[test]
    fn a_saved_size_comes_back_within_what_the_editor_can_be() {
        let size = WindowSize::default();
        assert_eq!(size.get(), SIZE);
        size.set(SavedSize { width: 1200.0, height: 700.0 });
        assert_eq!(size.map(|saved| (saved.width, saved.height)), (1200.0, 700.0));
        size.set(SavedSize { width: 3.0, height: f32::NAN });
        assert_eq!(size.get(), (SMALLEST.0, SIZE.1));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn closing_waits_until_the_thread_has_taken_down_all_it_has_but_not_for_ever() {
        struct Picture(Arc<AtomicBool>);
        impl Drop for Picture {
            fn drop(&mut self) {
                (0..50).for_each(|_| std::thread::yield_now());
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let is_gone = Arc::new(AtomicBool::new(false));
        let picture = Picture(Arc::clone(&is_gone));
        let (life, thread) = WindowThread::new();
        let (close, closed) = channel::<()>();
        let (begin, begun) = channel();
        let drawing = std::thread::spawn(move || {
            let _picture = picture;
            life.of_this_thread();
            begin.send(()).unwrap();
            closed.recv()
        });
        begun.recv().unwrap();
        thread.wait(Duration::from_millis(1));
        assert!(!is_gone.load(Ordering::Relaxed));
        drop(close);
        thread.wait(CLOSING);
        assert!(is_gone.load(Ordering::Relaxed));
        assert!(drawing.join().unwrap().is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_host_is_asked_for_a_size_that_the_user_wished_for_and_for_no_other() {
        struct Host(Rc<RefCell<Vec<Size>>>);
        impl HostCallbacks for Host {
            fn request_resize(&mut self, new_size: Size, _: f64) -> Result<(), Box<dyn Error>> {
                self.0.borrow_mut().push(new_size);
                Ok(())
            }
            fn destroyed(&mut self) {}
        }
        let asked = Rc::new(RefCell::new(Vec::new()));
        let wish = Wish::default();
        let mut host = Asking { host: Box::new(Host(Rc::clone(&asked))), wish: wish.clone() };
        let [echo, wished] =
            [(1100, 900), (800, 500)].map(|(width, height)| NativeSize { width, height }.into());
        host.request_resize(echo, 1.0).unwrap();
        wish.note();
        host.request_resize(wished, 1.0).unwrap();
        assert_eq!(asked.take(), [wished]);
    }

    #[test]
    fn the_waker_asks_for_a_frame_when_something_changes_and_only_then() {
        let ctx = egui::Context::default();
        let n_asked = Arc::new(AtomicU64::new(0));
        let asked = Arc::clone(&n_asked);
        ctx.set_request_repaint_callback(move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
        });
        let world = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&world);
        let n_looks = Arc::new(AtomicU64::new(0));
        let looks = Arc::clone(&n_looks);
        let waker = Waker::default();
        waker.begin(ctx, move || {
            looks.fetch_add(1, Ordering::Relaxed);
            seen.load(Ordering::Relaxed)
        });
        let wait_for = |looks: u64| {
            let deadline = Instant::now() + Duration::from_secs(30);
            while n_looks.load(Ordering::Relaxed) < looks && Instant::now() < deadline {
                std::thread::yield_now();
            }
        };
        wait_for(4);
        assert_eq!(n_asked.load(Ordering::Relaxed), 0);
        world.store(1, Ordering::Relaxed);
        let before = n_looks.load(Ordering::Relaxed);
        wait_for(before + 4);
        waker.end();
        assert_eq!(n_asked.load(Ordering::Relaxed), 1);
    }
}
