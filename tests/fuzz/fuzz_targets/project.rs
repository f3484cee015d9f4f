//! Saved projects: any JSON is a project or an error, and a project survives being saved again.

#![no_main]

use continuo::composer::SavedTake;
use continuo::plugin::SavedProject;
use continuo_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let restored = bounded(bytes, 4096, |bytes| {
        let saved = serde_json::from_slice(bytes).ok()?;
        SavedProject::read(saved).ok()?.take().restore().ok()
    });
    let Some(take) = restored else { return };
    let project = SavedProject::new(None, SavedTake::of(&take, None));
    let again = SavedProject::read(project.clone().into_json()).expect("what we write is read");
    assert_eq!(again, project);
    again.take().restore().expect("what we save is restored");
});
