//! TODO house cli
