//! TODO house player
