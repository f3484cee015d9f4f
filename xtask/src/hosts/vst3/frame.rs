//! What a host on Linux puts around a VST3's editor: a frame that lends the editor the host's own loop.

use std::cell::{Cell, RefCell};

use ::vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler, TimerInterval,
};
use ::vst3::Steinberg::Vst::{IEditController, IEditControllerTrait, ViewType::kEditor};
use ::vst3::Steinberg::{
    IPlugFrame, IPlugFrameTrait, IPlugView, IPlugViewTrait, ViewRect, kInvalidArgument, kNotImplemented,
    kResultFalse, kResultOk, tresult,
};
use ::vst3::com_scrape_types::Unknown as _;
use ::vst3::{Class, ComPtr, ComWrapper};
use anyhow::{Context as _, Result, ensure};

/// How a host parts from an editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// It takes back its frame, as VST3 asks for.
    TakesBackTheFrame,
    /// It gives the editor another frame first.
    GivesAnotherFrame,
    /// It lets go of the editor with the frame in it.
    Forgets,
}

/// A frame with a loop, which holds a reference of its own on whoever listens to it, as some hosts do.
#[derive(Default)]
struct Frame {
    listeners: RefCell<Vec<(ComPtr<IEventHandler>, FileDescriptor)>>,
    parted: RefCell<Vec<ComPtr<IEventHandler>>>,
    n_strangers: Cell<usize>,
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, _: *mut IPlugView, _: *mut ViewRect) -> tresult {
        kResultFalse
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(&self, handler: *mut IEventHandler, fd: FileDescriptor) -> tresult {
        // SAFETY: the plugin passes a pointer that is valid for the call.
        let Some(handler) = (unsafe { ::vst3::ComRef::from_raw(handler) }) else { return kInvalidArgument };
        self.listeners.borrow_mut().push((handler.to_com_ptr(), fd));
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        let mut listeners = self.listeners.borrow_mut();
        let Some(idx) = listeners.iter().position(|(listener, _)| listener.as_ptr() == handler) else {
            self.n_strangers.set(self.n_strangers.get() + 1);
            return kInvalidArgument;
        };
        self.parted.borrow_mut().push(listeners.remove(idx).0);
        kResultOk
    }

    unsafe fn registerTimer(&self, _: *mut ITimerHandler, _: TimerInterval) -> tresult {
        kNotImplemented
    }

    unsafe fn unregisterTimer(&self, _: *mut ITimerHandler) -> tresult {
        kNotImplemented
    }
}

/// Makes an editor's view, lends it the host's loop without opening it, and parts from it.
///
/// # Errors
/// If the editor does not listen to the loop, goes on listening when it has gone, or is held by nobody but itself.
pub(super) fn lend_a_loop(controller: &ComPtr<IEditController>, parting: Parting) -> Result<()> {
    let (frame, other) = (ComWrapper::new(Frame::default()), ComWrapper::new(Frame::default()));
    let [lent, another] = [&frame, &other].map(ComWrapper::to_com_ptr::<IPlugFrame>);
    let (lent, another) = (lent.context("no frame")?, another.context("no frame")?);
    // SAFETY: the controller is initialised. The view is given frames that outlive it, is never opened, and is made
    // anew where it is to go, since the plugin may keep the last one until then.
    unsafe {
        let view = |controller: &ComPtr<IEditController>| {
            ComPtr::from_raw(controller.createView(kEditor)).context("the plugin has no editor")
        };
        let first = view(controller)?;
        first.setFrame(lent.as_ptr());
        let heard = frame.listeners.borrow().first().map(|(listener, fd)| (listener.clone(), *fd));
        let (listener, fd) = heard.context("the editor does not listen")?;
        listener.onFDIsSet(fd);
        drop(listener);
        if parting == Parting::GivesAnotherFrame {
            first.setFrame(another.as_ptr());
            ensure!(other.listeners.borrow().len() == 1, "the editor does not listen to another frame");
        }
        if parting != Parting::Forgets {
            first.setFrame(std::ptr::null_mut());
        }
        drop(first);
        drop(view(controller)?);
    }
    for frame in [frame, other] {
        ensure!(frame.listeners.borrow().is_empty(), "the editor goes on listening");
        ensure!(frame.n_strangers.get() == 0, "one takes leave that never came");
        for listener in frame.parted.take() {
            // SAFETY: this gives back the reference that was taken when it came, and it is not used after.
            let n_left = unsafe { IEventHandler::release(listener.into_raw()) };
            ensure!(n_left == 0, "what listened is held {n_left} times when nobody wants it any more");
        }
    }
    Ok(())
}
