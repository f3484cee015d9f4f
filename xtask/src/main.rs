//! `cargo xtask`: bundles the plugin and plays it.

fn main() -> anyhow::Result<()> {
    nice_plug_xtask::main().map_err(|error| anyhow::anyhow!("{error}"))
}
