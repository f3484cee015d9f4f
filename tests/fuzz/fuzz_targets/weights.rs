//! Weights files: any bytes are a model or an error.

#![no_main]

use continuo::model::Model;
use continuo_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = bounded(bytes, 64, Model::from_bytes) else { return };
    let written = model.to_bytes().expect("what was read can be written");
    let again = Model::from_bytes(&written).expect("what we write is read");
    assert_eq!(again.card(), model.card());
    assert_eq!(again.config(), model.config());
});
