//! `continuo-trainer evaluate` as a user runs it, on a folder with a split of its own, and with samples.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use continuo::model::Model;
use serde_json::Value;

fn trainer(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_continuo-trainer")).args(arguments).output().unwrap()
}

/// A folder named after a style, with some short pieces in `train` and in `valid`.
fn folder(at: &Path) -> PathBuf {
    let folder = at.join("folk_tunes");
    for (seed, part) in [(1, "train"), (2, "train"), (3, "train"), (4, "valid"), (5, "valid")] {
        std::fs::create_dir_all(folder.join(part)).unwrap();
        let file = folder.join(part).join(format!("{seed}.mid"));
        let (seed, file) = (seed.to_string(), file.to_string_lossy().into_owned());
        let arguments = ["generate", "--style", "Folk", "--notes", "60", "--seed", &seed, "--out", &file];
        assert!(trainer(&arguments).status.success());
    }
    folder
}

#[test]
fn a_folder_named_after_a_style_is_compared_with_baselines_and_samples_with_real_pieces() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = folder(temporary.path()).to_string_lossy().into_owned();
    let arguments = ["evaluate", "default", &folder, "--samples", "3", "--bars", "4", "--json"];
    let output = trainer(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let style = &summary["by_style"]["Folk tunes"];
    assert_eq!(style["n_notes"], 120);
    let number = |value: &Value| value.as_f64().unwrap();
    for scored in [&summary, style, &style["baselines"]["markov"], &style["baselines"]["copy_bar"]] {
        let by_part = &scored["by_part"];
        let parts = ["family", "shift", "pitch", "duration", "velocity", "feel"];
        let parts = parts.map(|part| number(&by_part[part]));
        assert!((parts.iter().sum::<f64>() - number(&scored["nats_per_note"])).abs() < 1e-9);
        let without = number(&scored["nats_per_note_without_velocity"]);
        assert!((parts[..4].iter().sum::<f64>() - without).abs() < 1e-9);
    }
    assert!(number(&style["nats_per_note"]) < number(&style["baselines"]["markov"]["nats_per_note"]));
    let music = &style["music"];
    assert_eq!((&music["n_samples"], &music["n_real"], &music["n_bars"]), (&3.into(), &2.into(), &4.into()));
    for asked in
        ["scale_share", "pitch_class_entropy", "notes_per_bar", "repeated_bars", "empty_bars", "longest_run"]
    {
        let measure = &music["measures"][asked];
        assert!(number(&measure["samples"]) >= 0.0 && number(&measure["real"]) >= 0.0, "{asked}");
        assert!(measure["holds"].is_boolean(), "{asked}");
    }
    assert!(number(&music["measures"]["longest_shared_passage"]["real"]) >= 1.0);
    assert_eq!(trainer(&arguments).stdout, output.stdout, "the same seeds give the same samples");
}

#[test]
fn of_a_folder_without_parts_that_was_learned_the_held_out_pieces_are_measured() {
    let temporary = tempfile::tempdir().unwrap();
    let jigs = temporary.path().join("folk_tunes");
    std::fs::create_dir(&jigs).unwrap();
    for seed in 1..=12 {
        let file = jigs.join(format!("{seed}.mid")).to_string_lossy().into_owned();
        let seed = seed.to_string();
        let arguments = ["generate", "--style", "Folk", "--notes", "60", "--seed", &seed, "--out", &file];
        assert!(trainer(&arguments).status.success());
    }
    let [jigs, mine] = [jigs, temporary.path().join("mine")].map(|path| path.to_string_lossy().into_owned());
    let sizes = ["--hidden=8", "--embedding=8", "--head=8", "--epochs=0.1", "--no-cache", "--no-report"];
    let output = trainer(&[&["train", &jigs, "--out", &mine][..], &sizes].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let evaluated = |model: &str| {
        let output = trainer(&["evaluate", model, &jigs, "--json"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        (summary["by_style"].as_object().unwrap().values().next().unwrap().clone(), said)
    };
    let (learned, said) = evaluated(&mine);
    assert!(said.contains("of 12 pieces are measured, which were held out"), "{said}");
    let n_measured = learned["n_notes"].as_u64().unwrap();
    assert!((60..=360).contains(&n_measured) && n_measured % 60 == 0, "{learned}");
    assert!(learned["baselines"]["markov"]["nats_per_note"].as_f64().unwrap() > 0.0);
    // The model that ships has not learned these pieces, so all are measured.
    let (unknown, said) = evaluated("default");
    assert!(
        unknown["n_notes"] == 720 && unknown["baselines"].is_null() && said.is_empty(),
        "{unknown} {said}"
    );
    // Of a folder with other parts, the asked one cannot be measured.
    let split = folder(&temporary.path().join("split")).to_string_lossy().into_owned();
    for (model, folder) in [(&mine[..], &jigs), ("default", &split)] {
        let output = trainer(&["evaluate", model, folder, "--part", "test"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && message.contains("no part named test"), "{message}");
    }
}

#[test]
fn a_folder_of_an_unknown_style_is_refused_before_anything_is_evaluated() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = folder(temporary.path()).to_string_lossy().into_owned();
    let output = trainer(&["evaluate", "default", &folder, &format!("Polka={folder}")]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && message.contains("Polka") && message.contains("Folk tunes"),
        "{message}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_model_is_tuned_to_the_pieces_of_a_style_and_written_beside_the_old_one() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("bass");
    std::fs::create_dir_all(&folder).unwrap();
    for seed in 0..12 {
        let (seed, file) =
            (seed.to_string(), folder.join(format!("{seed}.mid")).to_string_lossy().into_owned());
        assert!(
            trainer(&["generate", "--style=Bass", "--bars=16", "--seed", &seed, "--out", &file])
                .status
                .success()
        );
    }
    let (folder, out) = (format!("Bass={}", folder.display()), temporary.path().join("tuned.safetensors"));
    let out_text = out.to_string_lossy().into_owned();
    let arguments = ["tune", "default", &folder, "--samples=12", "--bars=8", "--out", &out_text];
    let output = trainer(&arguments);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Bass: distance") && said.contains("min-p of rhythm"), "{said}");
    let (tuned, before) = (Model::load(&out).unwrap(), Model::embedded().unwrap());
    assert_eq!(tuned.network().unwrap().parameters, before.network().unwrap().parameters);
    assert_eq!(tuned.primers(), before.primers());
    let card = tuned.card();
    assert_eq!(card.styles, before.card().styles);
    let bass = card.style_named("Bass").unwrap();
    for factors in [&card.ensemble, &card.consonance, &card.restrike, &card.drum_form, &card.min_p_of_rhythm]
    {
        assert_eq!(factors.len(), card.styles.len());
    }
    assert!(!card.velocities[bass].is_empty());
    assert_eq!(card.corrections.len(), card.styles.len());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("Bass, corrected 5 times: distance"), "{errors}");
    let refused = trainer(&arguments);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && message.contains("already there; --force"), "{message}");
    let itself = trainer(&["tune", &out_text, &folder, "--force", "--out", &out_text]);
    assert!(String::from_utf8_lossy(&itself.stderr).contains("is the model to tune"));
}
