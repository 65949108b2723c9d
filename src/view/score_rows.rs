//! The rows of a score's text that are on screen.

use super::score_facts::LineRange;

/// Where long words end.
const ELLIPSIS: char = '…';
/// A row has at least this many letters.
const LEAST_COLUMNS: usize = 8;

/// A row of a score's text: a line, or a part of one that wraps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreRow {
    /// The line, counted from 1.
    pub line: usize,
    /// What is in the row.
    pub text: String,
}

/// The rows that fit on screen. `center` is in the middle, or at the top if it does not fit. `room`: how many
/// rows fit; `columns`: how many letters fit in the rows of a line.
///
/// Lines wrap at spaces and never within words; a word that is longer than a row ends with an ellipsis.
pub fn score_rows(
    source: &str,
    center: Option<LineRange>,
    room: usize,
    columns: impl Fn(usize) -> usize,
) -> Vec<ScoreRow> {
    // A tab is as wide as two spaces.
    let lines: Vec<String> = source
        .lines()
        .map(|line| line.replace('\t', "  "))
        .collect();
    let (first, last) = center.map_or((1, 1), |center| (center.first, center.last));
    let around = |line: &usize| line + room > first && *line < last + room;
    let near = (1..).zip(lines.iter().map(String::as_str));
    let near: Vec<_> = near.filter(|(line, _)| around(line)).collect();
    // Common indentation is removed.
    let framed = |line: usize| line + room / 3 >= first && line <= last + room / 3;
    let least = near
        .iter()
        .filter(|(line, text)| framed(*line) && !text.trim().is_empty())
        .map(|(_, text)| indent_of(text))
        .min()
        .unwrap_or(0);
    let rows = near.into_iter().flat_map(|(line, text)| {
        let text: String = text.chars().skip(least.min(indent_of(text))).collect();
        let parts = wrapped(&text, columns(line).max(LEAST_COLUMNS));
        parts.into_iter().map(move |text| ScoreRow { line, text })
    });
    let rows: Vec<_> = rows.collect();
    let of_center = |row: &ScoreRow| (first..=last).contains(&row.line);
    let begin = rows.iter().position(of_center).unwrap_or(0);
    let count = rows.iter().filter(|row| of_center(row)).count();
    let above = room.saturating_sub(count) / 2;
    let skip = begin
        .saturating_sub(above)
        .min(rows.len().saturating_sub(room));
    rows.into_iter().skip(skip).take(room).collect()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The rows of a line. All but the first are indented further.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    if text.chars().count() <= columns {
        return vec![text.to_owned()];
    }
    let indent = indent_of(text).min(columns / 2);
    let hang = " ".repeat((indent + 2).min(columns / 2));
    let mut rows = Vec::new();
    let mut row = " ".repeat(indent);
    let mut is_new = true;
    for word in text.trim_start_matches(' ').split(' ') {
        let space = usize::from(!is_new);
        if !is_new && row.chars().count() + space + word.chars().count() > columns {
            rows.push(std::mem::replace(&mut row, hang.clone()));
            is_new = true;
        }
        if !is_new {
            row.push(' ');
        }
        let room = columns.saturating_sub(row.chars().count());
        push_word(&mut row, word, room);
        is_new = false;
    }
    rows.push(row);
    rows
}

fn push_word(row: &mut String, word: &str, room: usize) {
    if word.chars().count() <= room {
        row.push_str(word);
    } else {
        row.extend(word.chars().take(room.saturating_sub(1)));
        row.push(ELLIPSIS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(source: &str, center: Option<LineRange>, room: usize, columns: usize) -> Vec<ScoreRow> {
        score_rows(source, center, room, |_| columns)
    }

    fn texts(rows: &[ScoreRow]) -> Vec<&str> {
        rows.iter().map(|row| row.text.as_str()).collect()
    }

    #[test]
    fn the_lines_in_question_are_in_the_middle() {
        let source: String = (1..=60).map(|n| format!("    line {n}\n")).collect();
        let center = Some(LineRange {
            first: 30,
            last: 31,
        });
        let shown = rows(&source, center, 10, 40);
        assert_eq!(shown.len(), 10);
        let (line, text) = (30, "line 30".to_owned());
        assert_eq!(shown[4], ScoreRow { line, text });
        assert_eq!(rows(&source, None, 10, 40)[0].line, 1);
    }

    #[test]
    fn a_long_line_wraps_between_words() {
        let source = "do:\n  - a: one two three four five\n";
        let shown = rows(source, None, 10, 16);
        let expected = ["do:", "  - a: one two", "    three four", "    five"];
        assert_eq!(texts(&shown), expected);
    }

    #[test]
    fn a_word_longer_than_a_row_is_cut_with_an_ellipsis_and_never_broken() {
        let source = "uri: https://example.com/a/very/long/way then go";
        let shown = rows(source, None, 10, 14);
        let expected = ["uri:", "  https://exa…", "  then go"];
        assert_eq!(texts(&shown), expected);
        let words: Vec<_> = source.split(' ').collect();
        for row in &shown {
            for word in row.text.trim().split(' ') {
                assert!(word.ends_with('…') || words.contains(&word), "{word}");
            }
        }
    }

    #[test]
    fn deep_indentation_leaves_room_for_words() {
        let source = format!("a:\n{}- deep: one two three\n", " ".repeat(30));
        let shown = rows(&source, None, 10, 20);
        assert!(shown.iter().all(|row| row.text.chars().count() <= 20));
        assert!(texts(&shown).iter().any(|text| text.contains("three")));
    }
}
