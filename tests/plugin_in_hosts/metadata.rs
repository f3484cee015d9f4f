//! What hosts show of the plugin before it is loaded.

use anyhow::Result;
use xtask::hosts::Metadata;
use xtask::hosts::clap::ClapHost;
use xtask::hosts::vst3::Vst3Host;

use crate::support::library;

/// What both formats say.
fn common(categories: &[&str]) -> Metadata {
    Metadata {
        name: "Continuo".to_owned(),
        vendor: "Continuo".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        url: String::from_iter([env!("CARGO_PKG_REPOSITORY")]),
        categories: categories.iter().map(|category| (*category).to_owned()).collect(),
        ..Metadata::default()
    }
}

#[test]
fn a_clap_host_sees_version_categories_and_addresses() -> Result<()> {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let published =
        |path: &str| if repository.is_empty() { String::new() } else { format!("{repository}{path}") };
    let expected = Metadata {
        manual_url: published("/blob/main/docs/MANUAL.md"),
        support_url: published("/issues"),
        description: "Composes with a neural network while the host plays".to_owned(),
        ..common(&["note-effect", "instrument", "synthesizer", "stereo"])
    };
    assert_eq!(ClapHost::load(&library()?)?.metadata, expected);
    Ok(())
}

#[test]
fn a_vst3_host_sees_version_and_categories() -> Result<()> {
    assert_eq!(Vst3Host::load(&library()?)?.metadata, common(&["Instrument", "Generator", "Tools"]));
    Ok(())
}
