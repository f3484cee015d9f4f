//! TODO house composer
