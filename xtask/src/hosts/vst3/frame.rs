//! The frame that a host on Linux gives a VST3 editor, with the host's run loop.

use std::cell::{Cell, RefCell};

use ::vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler, TimerInterval,
};
use ::vst3::Steinberg::Vst::{IEditController, IEditControllerTrait, ViewType::kEditor};
use ::vst3::Steinberg::{
    IPlugFrame, IPlugFrameTrait, IPlugView, IPlugViewTrait, ViewRect, kInvalidArgument, kNotImplemented,
    kResultFalse, kResultOk, tresult,
};
use ::vst3::{Class, ComPtr, ComRef, ComWrapper};
use anyhow::{Context as _, Result, ensure};

/// How a host takes leave of an editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teardown {
    /// It removes its frame and releases the editor, as VST3 prescribes.
    RemovesFrame,
    /// It gives the editor another frame before that.
    ReplacesFrame,
    /// It releases the editor without removing the frame.
    KeepsFrame,
}

/// A frame with a run loop, which holds a reference to each handler that is registered with it.
#[derive(Default)]
struct Frame {
    handlers: RefCell<Vec<(ComPtr<IEventHandler>, FileDescriptor)>>,
    /// How often a handler was to be removed that was not registered.
    n_unknown: Cell<usize>,
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
        let Some(handler) = (unsafe { ComRef::from_raw(handler) }) else { return kInvalidArgument };
        self.handlers.borrow_mut().push((handler.to_com_ptr(), fd));
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        let mut handlers = self.handlers.borrow_mut();
        let Some(idx) = handlers.iter().position(|(registered, _)| registered.as_ptr() == handler) else {
            self.n_unknown.set(self.n_unknown.get() + 1);
            return kInvalidArgument;
        };
        let removed = handlers.remove(idx);
        // The plugin may call back when its handler is released.
        drop(handlers);
        drop(removed);
        kResultOk
    }

    unsafe fn registerTimer(&self, _: *mut ITimerHandler, _: TimerInterval) -> tresult {
        kNotImplemented
    }

    unsafe fn unregisterTimer(&self, _: *mut ITimerHandler) -> tresult {
        kNotImplemented
    }
}

/// Creates an editor's view, gives it a frame without opening it, and takes leave of it. Returns how many handlers
/// are still registered with the run loop.
///
/// # Errors
/// If the editor registers no handler, or removes one that is not registered.
pub(super) fn handlers_left(controller: &ComPtr<IEditController>, teardown: Teardown) -> Result<usize> {
    let frames = [ComWrapper::new(Frame::default()), ComWrapper::new(Frame::default())];
    let [first, second] = frames.each_ref().map(ComWrapper::to_com_ptr::<IPlugFrame>);
    let (first, second) = (first.context("no frame")?, second.context("no frame")?);
    // SAFETY: the controller is initialised. The frames outlive the view, which is never opened.
    unsafe {
        let view = ComPtr::from_raw(controller.createView(kEditor)).context("the plugin has no editor")?;
        view.setFrame(first.as_ptr());
        let registered = frames[0].handlers.borrow().first().cloned();
        let (handler, fd) = registered.context("the editor registers no handler")?;
        handler.onFDIsSet(fd);
        if teardown == Teardown::ReplacesFrame {
            view.setFrame(second.as_ptr());
            ensure!(
                frames[1].handlers.borrow().len() == 1,
                "the editor registers no handler with a new frame"
            );
        }
        if teardown != Teardown::KeepsFrame {
            view.setFrame(std::ptr::null_mut());
        }
        drop(view);
        // The plugin may keep the last view until it is asked for another.
        drop(ComPtr::from_raw(controller.createView(kEditor)).context("the plugin has no editor")?);
    }
    ensure!(frames.iter().all(|frame| frame.n_unknown.get() == 0), "an unknown handler was removed");
    Ok(frames.iter().map(|frame| frame.handlers.borrow().len()).sum())
}
