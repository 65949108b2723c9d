//! Lyrics: lyric events, or the text events of karaoke files.

use crate::music::Beats;

/// The title that a karaoke file has, and the lyrics in order. `texts` and `lyrics` are the text events and the
/// lyric events of all tracks.
pub(super) fn of(
    texts: Vec<(Beats, String)>,
    lyrics: Vec<(Beats, String)>,
) -> (Option<String>, Vec<(Beats, String)>) {
    let is_karaoke = texts.iter().any(|(_, text)| text.starts_with("@K"));
    let title = texts.iter().find_map(|(_, text)| text.strip_prefix("@T"));
    let title = title.map(|title| title.trim().to_owned());
    let title = title.filter(|title| is_karaoke && !title.is_empty());
    let sung = match is_karaoke && lyrics.is_empty() {
        true => texts,
        false => lyrics,
    };
    let sung = sung.into_iter().filter(|(_, text)| !text.starts_with('@'));
    // A slash and a backslash begin a line and a page.
    let sung = sung.map(|(at, text)| (at, text.trim_start_matches(['/', '\\']).to_owned()));
    let mut sung: Vec<_> = sung.filter(|(_, text)| !text.trim().is_empty()).collect();
    sung.sort_by_key(|(at, _)| *at);
    (title, together(sung))
}

/// The syllables of the same beat become one.
fn together(sung: Vec<(Beats, String)>) -> Vec<(Beats, String)> {
    let mut all: Vec<(Beats, String)> = Vec::new();
    for (at, text) in sung {
        match all.last_mut().filter(|(before, _)| *before == at) {
            Some((_, before)) => before.push_str(&text),
            None => all.push((at, text)),
        }
    }
    all
}
