//! The symbols by which hosts find the plugin. A module of its own, since the macros define items without
//! documentation.

use nice_plug::prelude::*;

use crate::plugin::adapter::{Clap, Continuo, Vst3};

nice_export_clap!(Continuo<Clap>);
nice_export_vst3!(Continuo<Vst3>);
