use super::*;

fn known(text: &str) -> EditedScore {
    EditedScore {
        edit: EditNumber(1),
        path: "a.yaml".into(),
        origin: TextOrigin::File,
        text: text.into(),
        disk: Some(text.into()),
        checked: None,
        saved: None,
        refused: None,
    }
}

fn editor(known: &EditedScore) -> ScoreEditor {
    let lane = InstanceId::new("lane").unwrap();
    let title = "A".to_owned();
    let (mut editor, _) = ScoreEditor::open(EditNumber(1), lane, title, "".into(), 1);
    editor.follow(&Arc::new(known.clone()));
    editor
}

fn saved(known: &EditedScore, version: u64, text: &str) -> Arc<EditedScore> {
    let version = TextVersion(version);
    let outcome = SaveOutcome::Saved;
    Arc::new(EditedScore {
        disk: Some(text.into()),
        saved: Some(SavedText { version, outcome }),
        ..known.clone()
    })
}

#[test]
fn what_is_typed_while_it_is_saved_is_not_lost() {
    let known = known("one");
    let mut editor = editor(&known);
    editor.text = "two".to_owned();
    editor.typed();
    assert!(editor.save().is_some());
    editor.text = "three".to_owned();
    editor.typed();
    editor.follow(&saved(&known, 1, "two"));
    assert!(editor.is_changed());
    assert_eq!(editor.text, "three");
    let next = editor.save();
    assert!(
        matches!(&next, Some(ScoreTextCommand::Save { over: Some(over), .. }) if &**over == "two"),
        "{next:?}"
    );
}

#[test]
fn a_text_that_is_as_it_was_needs_no_saving_and_no_question() {
    let known = known("one");
    let mut editor = editor(&known);
    assert_eq!(editor.save(), None);
    editor.text = "two".to_owned();
    editor.typed();
    assert_eq!(editor.leave(), EditorLeaving::Stays);
    assert_eq!(editor.save(), None, "it has to be answered first");
    editor.answer(EditorAnswer::Keep);
    editor.text = "one".to_owned();
    editor.typed();
    assert_eq!(editor.leave(), EditorLeaving::Closes);
}

#[test]
fn what_is_known_of_another_edit_is_not_taken() {
    let mut editor = editor(&known("one"));
    let other = EditedScore {
        edit: EditNumber(2),
        ..known("two")
    };
    editor.follow(&Arc::new(other));
    assert_eq!(editor.text, "one");
}

#[test]
fn a_score_that_cannot_be_edited_says_why_and_takes_no_text() {
    let refused = EditedScore {
        refused: Some("It is too long.".into()),
        ..known("")
    };
    let mut editor = editor(&refused);
    assert!(!editor.takes_text());
    assert_eq!(
        editor.sentence(),
        ("It is too long.".to_owned(), Rgb::ALARM)
    );
    assert_eq!(editor.save(), None);
}

#[test]
fn the_next_line_is_indented_like_the_one_before_and_further_below_a_key() {
    for (text, expected) in [
        ("", "\n"),
        ("do:", "\n  "),
        ("  - a:", "\n      "),
        ("  a: 1", "\n  "),
        ("do:\n    x", "\n    "),
    ] {
        assert_eq!(line_break(text), expected, "{text:?}");
    }
}
