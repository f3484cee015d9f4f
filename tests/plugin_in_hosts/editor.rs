//! The editor's hold on a VST3 host's run loop.

use anyhow::{Context as _, Result};
use xtask::hosts::vst3::{Teardown, Vst3Host};

use crate::support::library;

/// nice-plug 0.4.2 never removes its handlers (docs/UPSTREAM.md). Fewer than these are a release that does: then the
/// numbers here become 0.
#[test]
fn a_vst3_editor_leaves_one_handler_in_the_hosts_run_loop_for_each_frame_it_was_given() -> Result<()> {
    let mut host = Vst3Host::load(&library()?)?;
    for (teardown, expected) in
        [(Teardown::RemovesFrame, 1), (Teardown::ReplacesFrame, 2), (Teardown::KeepsFrame, 1)]
    {
        let n_left = host.handlers_left(teardown).with_context(|| format!("{teardown:?}"))?;
        assert_eq!(n_left, expected, "{teardown:?}");
    }
    Ok(())
}
