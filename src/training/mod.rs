//! TODO house training
