//! A score is edited beside the lanes.

use std::sync::Arc;

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    engine::InstanceId,
    view::{
        CheckedText, Command, EditedScore, SaveOutcome, SavedText, ScoreTextCommand, Severity,
        TakesEffect, TextOrigin, TextProblem, TextVersion,
    },
};

use super::{TestWindow, concert::concert};

/// The window with the editor open on the score of the first lane.
pub struct Editing {
    pub window: TestWindow,
    pub edited: EditedScore,
}

impl Editing {
    pub fn open(text: &str) -> Self {
        let mut window = TestWindow::open(&concert());
        window.press(Key::Num1);
        window.press_with(Modifiers::SHIFT, Key::I);
        let sent = window.host.take();
        let [Command::ScoreText(ScoreTextCommand::Open { edit, .. })] = sent.as_slice() else {
            panic!("{sent:?}");
        };
        let edited = EditedScore {
            edit: *edit,
            path: "scores/bass.yaml".into(),
            origin: TextOrigin::File,
            text: text.into(),
            disk: Some(text.into()),
            checked: None,
            saved: None,
            refused: None,
        };
        let mut editing = Self { window, edited };
        editing.checked(0, &[]);
        let to_the_start = Modifiers::CTRL.plus(Modifiers::COMMAND);
        editing.window.press_with(to_the_start, Key::Home);
        editing
    }

    /// The application tells what it knows.
    fn tell(&mut self) {
        *self.window.host.edited.lock().unwrap() = Some(Arc::new(self.edited.clone()));
        self.window.steps(3);
    }

    fn checked(&mut self, version: u64, errors: &[(usize, &str)]) {
        let problems = errors.iter().map(|(line, message)| TextProblem {
            line: *line,
            column: 1,
            message: Arc::from(*message),
            severity: Severity::Error,
        });
        self.edited.checked = Some(CheckedText {
            version: TextVersion(version),
            problems: problems.collect(),
            takes_effect: errors.is_empty().then_some(TakesEffect::NextLoop),
        });
        self.tell();
    }

    pub fn saved(&mut self, version: u64, outcome: SaveOutcome) {
        let version = TextVersion(version);
        self.edited.saved = Some(SavedText { version, outcome });
        self.tell();
    }

    pub fn write(&mut self, text: &str) {
        self.window.harness.event(Event::Text(text.to_owned()));
        self.window.steps(2);
    }

    /// What was sent, as far as it is about the text.
    pub fn sent(&self) -> Vec<ScoreTextCommand> {
        let sent = self.window.host.take().into_iter();
        let sent = sent.map(|command| match command {
            Command::ScoreText(command) => command,
            other => panic!("{other:?}"),
        });
        sent.collect()
    }

    pub fn text(&self) -> String {
        let editor = self.window.harness.state().state().editor.clone();
        editor.map(|editor| editor.text).unwrap_or_default()
    }

    fn is_open(&self) -> bool {
        self.window.harness.state().state().editor.is_some()
    }

    fn has(&self, label: &str) -> bool {
        let found = self.window.harness.query_all_by_label_contains(label);
        found.count() > 0
    }
}

/// The window with the editor open, and a change that was not saved.
pub fn changed() -> TestWindow {
    let mut editing = Editing::open("do: 3\n");
    editing.write("x");
    editing.window
}

fn texts(sent: &[ScoreTextCommand]) -> Vec<&str> {
    let checks = sent.iter().filter_map(|command| match command {
        ScoreTextCommand::Check { text, .. } => Some(&**text),
        _ => None,
    });
    checks.collect()
}

#[test]
fn an_error_shows_in_its_line_while_typing_and_the_fixed_text_is_saved() {
    let mut editing = Editing::open("do: 3\n");
    assert!(editing.has("File: scores/bass.yaml"));
    editing.write("x");
    assert_eq!(texts(&editing.sent()), ["xdo: 3\n"]);
    editing.checked(1, &[(1, "unknown key `xdo`")]);
    assert!(editing.has("Error in line 1: unknown key `xdo`"));
    assert!(editing.has("Line 1: unknown key `xdo`"));
    assert!(editing.has("changed · scores/bass.yaml"));

    editing.window.press(Key::Backspace);
    editing.write("# a\n");
    editing.checked(3, &[]);
    assert!(!editing.has("Error in line"));
    assert!(editing.has("No errors. Ctrl+S saves; then it plays from the next loop."));
    editing.window.host.take();
    editing.window.press_with(Modifiers::COMMAND, Key::S);
    let sent = editing.sent();
    let [ScoreTextCommand::Save { text, over, .. }] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!(
        (&**text, over.as_deref()),
        ("# a\ndo: 3\n", Some("do: 3\n"))
    );
    editing.edited.disk = Some(Arc::clone(text));
    editing.saved(3, SaveOutcome::Saved);
    assert!(editing.has("Saved: it plays from the next loop."));
    assert!(!editing.has("changed · "));
}

#[test]
fn a_score_that_is_saved_with_an_error_says_that_the_one_that_plays_stays() {
    let mut editing = Editing::open("do: 3\n");
    editing.write("x");
    editing.checked(1, &[(1, "unknown key"), (2, "another")]);
    editing.window.press_with(Modifiers::COMMAND, Key::S);
    editing.edited.disk = Some("xdo: 3\n".into());
    editing.saved(1, SaveOutcome::Saved);
    assert!(editing.has(
        "Saved with an error: the score that plays stays as it was. Line 1: unknown key (and 1 more)"
    ));
}

#[test]
fn while_text_is_typed_no_key_acts_on_a_lane() {
    let mut editing = Editing::open("");
    let before = editing.window.selected();
    for key in [
        Key::Space,
        Key::T,
        Key::P,
        Key::Num3,
        Key::C,
        Key::ArrowDown,
    ] {
        editing.window.press(key);
    }
    for typed in ["2", "t", " ", "p"] {
        editing.write(typed);
    }
    assert_eq!(texts(&editing.sent()), ["2", "2t", "2t ", "2t p"]);
    assert_eq!(editing.window.selected(), before);
    assert_eq!(editing.text(), "2t p");
    // A click beside the text gives the keys back to the lanes.
    let lane = editing.window.harness.get_by_label_contains("Harp, ");
    lane.click();
    editing.window.steps(3);
    editing.window.press(Key::Num2);
    assert_eq!(editing.window.selected(), "stubborn-drummer-7");
    assert_eq!(editing.text(), "2t p");
}

#[test]
fn escape_closes_the_editor_and_asks_if_changes_would_be_lost() {
    let mut editing = Editing::open("do: 3\n");
    editing.window.press(Key::Escape);
    assert!(!editing.is_open());
    assert_eq!(editing.sent(), [ScoreTextCommand::Close]);

    let mut editing = Editing::open("do: 3\n");
    editing.write("x");
    editing.window.press(Key::Escape);
    assert!(editing.has("There are changes that were not saved."));
    editing.window.host.take();
    // Other keys are no answer, and act on no lane.
    for key in [Key::Space, Key::X, Key::Num2] {
        editing.window.press(key);
    }
    assert_eq!(editing.sent(), []);
    editing.window.press(Key::K);
    assert!(editing.is_open() && !editing.has("There are changes"));
    editing.write("y");
    assert_eq!(editing.text(), "xydo: 3\n", "the text takes keys again");

    editing.window.host.pass(std::time::Duration::from_secs(2));
    editing.window.press(Key::Escape);
    editing.window.host.take();
    editing.window.press(Key::D);
    assert!(!editing.is_open());
    assert_eq!(editing.sent(), [ScoreTextCommand::Close]);
}

#[test]
fn a_file_that_another_program_changed_is_not_overwritten_without_a_question() {
    let mut editing = Editing::open("do: 3\n");
    editing.write("x");
    editing.checked(1, &[]);
    editing.edited.disk = Some("do: 4\n".into());
    editing.tell();
    assert!(editing.has("Another program has changed the file. Ctrl+S asks"));
    editing.window.press_with(Modifiers::COMMAND, Key::S);
    editing.saved(1, SaveOutcome::ChangedOnDisk);
    assert!(editing.has("Another program has changed the file. Nothing was written."));
    editing.window.host.take();
    editing
        .window
        .harness
        .get_by_label("Overwrite the file")
        .click();
    editing.window.steps(3);
    let sent = editing.sent();
    let [ScoreTextCommand::Save { text, over, .. }] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!((&**text, over.as_deref()), ("xdo: 3\n", Some("do: 4\n")));

    editing.saved(1, SaveOutcome::ChangedOnDisk);
    editing.window.press_with(Modifiers::COMMAND, Key::S);
    editing.edited.saved = None;
    editing.saved(1, SaveOutcome::ChangedOnDisk);
    editing.window.press(Key::R);
    assert_eq!(editing.text(), "do: 4\n");
}

#[test]
fn a_text_without_changes_follows_its_file() {
    let mut editing = Editing::open("do: 3\n");
    editing.edited.disk = Some("do: 5\n".into());
    editing.tell();
    assert_eq!(editing.text(), "do: 5\n");
    assert_eq!(texts(&editing.sent()), ["do: 5\n"]);
}

#[test]
fn enter_keeps_the_indentation_and_tab_inserts_spaces() {
    let mut editing = Editing::open("");
    editing.write("do:");
    editing.window.press(Key::Enter);
    editing.write("- a:");
    editing.window.press(Key::Enter);
    editing.write("call: play");
    editing.window.press(Key::Enter);
    editing.window.press(Key::Tab);
    editing.write("x");
    assert_eq!(editing.text(), "do:\n  - a:\n      call: play\n        x");
    editing.window.press_with(Modifiers::COMMAND, Key::Z);
    assert_ne!(editing.text(), "do:\n  - a:\n      call: play\n        x");
}

#[test]
fn a_score_of_no_file_says_where_its_copy_will_be() {
    let mut editing = Editing::open("do: 3\n");
    editing.window.press(Key::Escape);
    editing.window.press_with(Modifiers::SHIFT, Key::I);
    let sent = editing.window.host.take();
    let Some(Command::ScoreText(ScoreTextCommand::Open { edit, source })) = sent.last() else {
        panic!("{sent:?}");
    };
    let lane = InstanceId::new(editing.window.selected()).unwrap();
    let snapshot = editing.window.host.snapshot.lock().unwrap().clone();
    let facts = snapshot.lane(&lane).and_then(|lane| lane.facts.clone());
    assert_eq!(*source, facts.unwrap().source);
    editing.edited.edit = *edit;
    editing.edited.origin = TextOrigin::Copy;
    editing.edited.disk = None;
    editing.tell();
    assert!(
        editing.has("Ctrl+S saves a copy as scores/bass.yaml, which plays from the next loop.")
    );
    editing.window.press_with(Modifiers::COMMAND, Key::S);
    let sent = editing.sent();
    assert!(
        matches!(sent.as_slice(), [ScoreTextCommand::Save { over: None, .. }]),
        "{sent:?}"
    );
}
