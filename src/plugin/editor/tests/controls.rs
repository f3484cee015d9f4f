//! Every control, by hand.
