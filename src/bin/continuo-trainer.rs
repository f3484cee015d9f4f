//! The companion binary: trains models, generates from them, evaluates and inspects them.

fn main() {}
