//! The history of ideas as the editor shows it.

use std::sync::Arc;
use std::time::SystemTime;

use crate::composer::Idea;
use crate::music::{Note, Tick};
use crate::plugin::editor::view::IdeaEntry;

/// No picture of an idea shows more bars.
const MAX_BARS: usize = 16;

/// The entries of the ideas, each made once.
#[derive(Default)]
pub(crate) struct IdeaEntries(Vec<(Arc<Idea>, IdeaEntry)>);

impl IdeaEntries {
    /// The entries of these ideas, with the names of the styles of the model that composes.
    pub(crate) fn of(&mut self, ideas: &[Arc<Idea>], styles: &[String]) -> Arc<[IdeaEntry]> {
        let known = std::mem::take(&mut self.0);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
        self.0 = ideas
            .iter()
            .map(|idea| {
                let known = known.iter().find(|(other, _)| Arc::ptr_eq(other, idea));
                let notes = known.map_or_else(|| notes_of(idea), |(_, entry)| Arc::clone(&entry.notes));
                let entry = IdeaEntry { name: name(idea, styles), about: about(idea, now), notes };
                (Arc::clone(idea), entry)
            })
            .collect();
        self.0.iter().map(|(_, entry)| entry.clone()).collect()
    }
}

/// The notes of its first bars, from its own beginning.
fn notes_of(idea: &Idea) -> Arc<[Note]> {
    let start = idea.bars().next().map_or(Tick::ZERO, |bar| bar.start);
    let notes = idea.bars().take(MAX_BARS).flat_map(|bar| bar.notes.iter());
    notes.map(|note| Note { onset: note.onset - start, ..*note }).collect()
}

/// Its style and its seed.
fn name(idea: &Idea, styles: &[String]) -> String {
    let style = styles.get(usize::from(idea.knobs.style)).or(styles.last());
    let style = style.map_or("Style", String::as_str);
    format!("{style}, seed {}", idea.knobs.seed)
}

/// Its bars, and how long ago it was replaced; `now` is in seconds since the beginning of 1970.
fn about(idea: &Idea, now: u64) -> String {
    let (first, n_bars) = (idea.first_bar() + 1, idea.bars().len());
    let bars = if n_bars == 1 {
        format!("Bar {first}")
    } else {
        format!("Bars {first}\u{2013}{}", first + n_bars - 1)
    };
    let ago = match now.saturating_sub(idea.when) / 60 {
        _ if idea.when == 0 => String::new(),
        0 => ", just now".to_owned(),
        minutes @ 1..=119 => format!(", {minutes} min ago"),
        minutes @ 120..=2879 => format!(", {} hours ago", minutes / 60),
        minutes => format!(", {} days ago", minutes / 1440),
    };
    bars + &ago
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::{Take, Writer, compose_bar};
    use crate::model::Model;
    use crate::music::{Meter, Tick};
    use crate::player::ComposingKnobs;
    use crate::plugin::editor::window::ideas::{IdeaEntries, about, name};

    #[test]
    fn an_idea_is_named_by_style_and_seed_and_shown_from_its_beginning() {
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(Model::random(2, 3))));
        take.now = 1000;
        let knobs = ComposingKnobs { seed: 12, ..ComposingKnobs::default() };
        for bar_idx in 0..4 {
            compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx);
        }
        let _ = take.mark_heard(Tick(96), take.end());
        let other = ComposingKnobs { seed: 13, ..knobs };
        for bar_idx in 0..4 {
            compose_bar(&mut take, &mut writer, &other, Meter::COMMON, bar_idx);
        }
        let ideas: Vec<_> = take.ideas().iter().cloned().collect();
        let [idea] = &ideas[..] else { panic!("{} ideas", ideas.len()) };
        assert_eq!(name(idea, &["Jazz".to_owned()]), "Jazz, seed 12");
        assert_eq!(name(idea, &[]), "Style, seed 12");
        for (seconds, text) in
            [(59, "just now"), (61, "1 min ago"), (7300, "2 hours ago"), (200_000, "2 days ago")]
        {
            assert_eq!(about(idea, idea.when + seconds), format!("Bars 2–4, {text}"));
        }
        let mut entries = IdeaEntries::default();
        let first = entries.of(&ideas, &[]);
        assert!(first[0].notes.iter().all(|note| (Tick::ZERO..Tick(3 * 96)).contains(&note.onset)));
        let again = entries.of(&ideas, &[]);
        assert!(Arc::ptr_eq(&first[0].notes, &again[0].notes), "the notes are collected once");
    }
}
