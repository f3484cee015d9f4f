//! Knobs that change nothing as the others stand.

use crate::music::{Family, FamilySet};
use crate::player::{Conversation, Knob};
use crate::plugin::editor::view::View;

/// What has to be done before this knob changes anything; none if it does.
pub(crate) fn why_idle(view: &View, knob: Knob) -> Option<&'static str> {
    let plain = |knob| view.parameters.plain(knob);
    let conversation = view.parameters.composing().conversation;
    let (is_idle, why) = match knob {
        Knob::SecondStyle => (plain(Knob::Blend) <= 0.0, "Turn Blend up to mix in a second style."),
        Knob::Trade => (conversation != Conversation::Trade, "For Trade: how many bars each of you has."),
        Knob::Instrument => (
            conversation == Conversation::Generate,
            "For Continue, Trade and Accompany, where you play, too.",
        ),
        Knob::Strictness | Knob::ChordsByPhrase => (
            view.chords.is_empty() && conversation != Conversation::Accompany,
            "Type or choose chords, and this says how they are followed.",
        ),
        Knob::SwingGrid => (plain(Knob::Swing) <= 0.0, "Turn Swing up to swing eighths or sixteenths."),
        _ => (false, ""),
    };
    is_idle.then_some(why)
}

/// The instruments that the styles in use have; all if the model does not say.
pub(crate) fn instruments(view: &View) -> FamilySet {
    let knobs = view.parameters.composing();
    let second = (knobs.blend > 0.0).then_some(knobs.second_style);
    let last = view.families.len().saturating_sub(1);
    let styles = [Some(knobs.style), second].into_iter().flatten().map(|style| usize::from(style).min(last));
    let families: Option<Vec<FamilySet>> = styles.map(|style| view.families.get(style).copied()).collect();
    let Some(families) = families else { return FamilySet::ALL };
    Family::all().filter(|family| families.iter().any(|of_style| of_style.contains(*family))).collect()
}
