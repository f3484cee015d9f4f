//! TODO house plugin
