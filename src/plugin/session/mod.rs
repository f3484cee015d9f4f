//! What the host's main thread, the editor and the saved state share about one instance.

mod messages;

pub(crate) mod handle;
pub use handle::Session;

#[cfg(test)]
mod tests;
