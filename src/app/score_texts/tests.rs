use std::fs;

use super::*;
use crate::{
    app::test_app::{LOOP, TestApp},
    view::ScoreId,
};

/// An application with a score in a file, which is opened.
struct Desk {
    test: TestApp,
    folder: tempfile::TempDir,
    path: PathBuf,
}

const EDIT: EditNumber = EditNumber(7);

impl Desk {
    async fn open() -> Self {
        let test = TestApp::open().await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loop.yaml");
        fs::write(&path, LOOP).unwrap();
        let library =
            library::Library::with(std::slice::from_ref(&path), test.app.conductor.bank());
        *test.app.library.lock().unwrap() = library;
        let desk = Self { test, folder, path };
        let source = Arc::from(LOOP);
        execute(
            &desk.test.app,
            ScoreTextCommand::Open { edit: EDIT, source },
        );
        desk
    }

    fn edited(&self) -> Arc<EditedScore> {
        self.test.app.edited_score.load_full().unwrap()
    }

    fn check(&self, text: &str) -> CheckedText {
        let (edit, version, text) = (EDIT, TextVersion(1), text.into());
        let check = ScoreTextCommand::Check {
            edit,
            version,
            text,
        };
        execute(&self.test.app, check);
        self.edited().checked.clone().unwrap()
    }

    fn save(&self, text: &str, over: Option<&str>) -> SaveOutcome {
        let save = ScoreTextCommand::Save {
            edit: EDIT,
            version: TextVersion(2),
            text: text.into(),
            over: over.map(Arc::from),
        };
        execute(&self.test.app, save);
        self.edited().saved.clone().unwrap().outcome
    }

    fn on_disk(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_the_file_is_edited_and_errors_are_those_of_its_check() {
    let desk = Desk::open().await;
    let edited = desk.edited();
    assert_eq!(edited.origin, TextOrigin::File);
    assert_eq!((&*edited.text, edited.disk.as_deref()), (LOOP, Some(LOOP)));
    assert_eq!(Path::new(&*edited.path), desk.path);
    let checked = edited.checked.clone().unwrap();
    assert_eq!(checked.takes_effect, Some(TakesEffect::NextStart));

    let wrong = LOOP.replace("call: play", "cal: play");
    let checked = desk.check(&wrong);
    assert_eq!(checked.takes_effect, None);
    fs::write(&desk.path, &wrong).unwrap();
    let errors = score::load(&desk.path, desk.test.app.conductor.bank()).unwrap_err();
    assert_eq!(checked.problems, problems(&errors));
    let line = wrong
        .lines()
        .position(|line| line.contains("cal:"))
        .unwrap()
        + 1;
    assert_eq!(checked.problems[0].line, line);
    let looping = LOOP.replace("tempo: 240", "tempo: 240, loop: true");
    assert_eq!(
        desk.check(&looping).takes_effect,
        Some(TakesEffect::NextLoop)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_text_is_in_the_file_and_nothing_else_is_left_in_the_folder() {
    let desk = Desk::open().await;
    let text = LOOP.replace("240", "120");
    assert_eq!(desk.save(&text, Some(LOOP)), SaveOutcome::Saved);
    assert_eq!(desk.on_disk(), text);
    assert_eq!(desk.edited().disk.as_deref(), Some(&*text));
    assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_has_changed_since_is_not_overwritten() {
    let desk = Desk::open().await;
    fs::write(&desk.path, "theirs").unwrap();
    assert_eq!(desk.save("mine", Some(LOOP)), SaveOutcome::ChangedOnDisk);
    assert_eq!(desk.on_disk(), "theirs");
    assert_eq!(desk.edited().disk.as_deref(), Some("theirs"));
    // After a question it is.
    assert_eq!(desk.save("mine", Some("theirs")), SaveOutcome::Saved);
    assert_eq!(desk.on_disk(), "mine");
    fs::write(&desk.path, "theirs again").unwrap();
    file_changed(&desk.test.app, [desk.path.as_path()].into_iter());
    assert_eq!(desk.edited().disk.as_deref(), Some("theirs again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_score_with_an_error_is_saved_and_never_replaces_the_one_that_can_start() {
    let desk = Desk::open().await;
    let wrong = LOOP.replace("call: play", "cal: play");
    assert_eq!(desk.save(&wrong, Some(LOOP)), SaveOutcome::Saved);
    let mut library = desk.test.app.library.lock().unwrap();
    let saved: Vec<_> = (0..3).flat_map(|_| library.refresh().0).collect();
    assert!(matches!(saved.as_slice(), [saved] if saved.now.is_err()));
    let id = ScoreId(desk.path.display().to_string().into());
    assert_eq!(&*library.document(&id).unwrap().source, LOOP);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_score_of_no_file_is_saved_as_a_new_one() {
    let desk = Desk::open().await;
    let other = LOOP.replace("name: loop", "name: elsewhere");
    let (edit, source) = (EDIT, Arc::from(other.as_str()));
    let opened = opened(&desk.test.app, edit, &source);
    assert_eq!(opened.origin, TextOrigin::Copy);
    assert_eq!((&*opened.text, opened.disk), (&*other, None));
    assert!(opened.path.ends_with("elsewhere.yaml"), "{}", opened.path);
    let path = desk.folder.path().join("new/folder/copy.yaml");
    save::write(&path, &other, None).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), other);
    assert!(save::write(&path, "again", None).is_err(), "it exists now");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_stays_a_link_and_a_file_that_cannot_be_written_says_why() {
    let desk = Desk::open().await;
    let link = desk.folder.path().join("link.yaml");
    std::os::unix::fs::symlink(&desk.path, &link).unwrap();
    save::write(&link, "new", Some(LOOP)).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(desk.on_disk(), "new");
    let mut protected = fs::metadata(&desk.path).unwrap().permissions();
    protected.set_readonly(true);
    fs::set_permissions(&desk.path, protected).unwrap();
    let written = save::write(&desk.path, "newer", Some("new"));
    let Err(save::NotSaved::Failed(error)) = written else {
        panic!("{written:?}");
    };
    assert_eq!(error.to_string(), "it is protected against changes");
    let folder = desk.folder.path().join("a folder");
    fs::create_dir(&folder).unwrap();
    assert!(matches!(
        save::write(&folder, "new", Some("")),
        Err(save::NotSaved::Failed(_))
    ));
}

#[test]
fn of_texts_that_follow_each_other_only_the_last_one_is_checked() {
    let check = |version| ScoreTextCommand::Check {
        edit: EDIT,
        version: TextVersion(version),
        text: "".into(),
    };
    let commands = vec![check(1), check(2), ScoreTextCommand::Close];
    assert_eq!(latest(commands), [check(2), ScoreTextCommand::Close]);
}
