//! What the editor asks its host for.

use std::sync::Arc;

use nice_plug::context::PluginApi;
use nice_plug::context::gui::GuiContextInner;
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::PluginState;

use crate::plugin::parameters::Parameters;
use crate::plugin::standalone::session_file;

/// The application as the editor's host: a knob that is turned is set at once.
pub(super) struct EditorHost(pub(super) Arc<Parameters>);

#[allow(
    unsafe_code,
    reason = "the trait declares its methods so; a pointer is only compared, never followed"
)]
impl GuiContextInner for EditorHost {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Standalone
    }

    unsafe fn raw_begin_set_parameter(&self, _: ParamPtr) {}

    unsafe fn raw_set_parameter_normalized(&self, parameter: ParamPtr, position: f32) {
        if let Some(knob) = self.0.knob_of(parameter) {
            self.0.put(knob, position);
        }
    }

    unsafe fn raw_end_set_parameter(&self, _: ParamPtr) {}

    fn get_state(&self) -> PluginState {
        session_file::state(&self.0)
    }

    // The editor restores nothing.
    fn set_state(&self, _: PluginState) {}

    fn request_restart(&self) {}
}
