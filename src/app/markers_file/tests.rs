use std::fs;

use super::*;

const GOLDEN: &str = include_str!("golden-1.json");
/// What was added to the first version since.
const GOLDEN_ARRANGED: &str = include_str!("golden-1-arranged.json");

#[test]
fn markers_of_the_first_version_can_still_be_read_and_are_written_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("history.redb");
    let path = folder.path().join("history.redb.markers.json");
    fs::write(&path, GOLDEN).unwrap();
    let file = MarkersFile::of_store(&store);
    assert_eq!(file.problem, None);
    let names: Vec<_> = file
        .kept()
        .iter()
        .map(|marker| marker.name.to_string())
        .collect();
    assert_eq!(names, ["Chorus", "Marker 2"]);
    assert_eq!(
        file.kept().iter().next().unwrap().at,
        Timestamp(1_800_000_001_500_000_000)
    );
    write(&path, &file.kept).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), GOLDEN);
}

#[test]
fn a_file_of_a_later_version_or_with_errors_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("history.redb");
    let path = folder.path().join("history.redb.markers.json");
    for text in [
        "{",
        "[]",
        "{\"version\":2,\"markers\":[]}",
        "{\"version\":1,\"markers\":[3]}",
    ] {
        fs::write(&path, text).unwrap();
        let file = MarkersFile::of_store(&store);
        assert!(file.kept().is_empty() && file.path.is_none(), "{text}");
        assert!(
            file.problem
                .is_some_and(|problem| problem.contains("not used")),
            "{text}"
        );
    }
    assert!(
        MarkersFile::of_store(&folder.path().join("other"))
            .problem
            .is_none()
    );
}

#[test]
fn the_beginning_of_a_show_is_kept_with_the_markers() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("history.redb");
    let path = folder.path().join("history.redb.markers.json");
    fs::write(&path, GOLDEN).unwrap();
    let file = MarkersFile::of_store(&store);
    assert_eq!(file.kept_show(), None);
    file.keep_show(Some(Timestamp(7)));
    write(&path, &file.latest.borrow()).unwrap();
    let file = MarkersFile::of_store(&store);
    assert_eq!(file.kept_show(), Some(Timestamp(7)));
    assert_eq!(file.kept().iter().count(), 2, "the markers are still there");
    let vamp = InstanceId::new("vamp-1").unwrap();
    file.keep_numbers(&LaneNumbers::kept([(3, vamp.clone())]));
    write(&path, &file.latest.borrow()).unwrap();
    let again = MarkersFile::of_store(&store);
    assert_eq!(again.kept_numbers().lane(3), Some(&vamp));
    file.keep(Markers::default());
    assert_eq!(file.latest.borrow().show_from, Some(Timestamp(7)));
}

#[test]
fn the_arrangement_of_the_lanes_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("history.redb");
    let path = folder.path().join("history.redb.markers.json");
    fs::write(&path, GOLDEN).unwrap();
    let file = MarkersFile::of_store(&store);
    assert_eq!(file.kept_arrangement(), Arrangement::default());
    let id = |name: &str| InstanceId::new(name).unwrap();
    let arranged = Arrangement::new(
        [id("order-7"), id("bass")],
        [id("harp"), id("oboe")],
        Grouping::Tag("venue".into()),
    );
    file.keep_arrangement(arranged.clone());
    write(&path, &file.latest.borrow()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), GOLDEN_ARRANGED);
    let again = MarkersFile::of_store(&store);
    assert_eq!(again.kept_arrangement(), arranged);
    assert_eq!(
        again.kept().iter().count(),
        2,
        "the markers are still there"
    );
    for by in [Grouping::Workflow, Grouping::Status] {
        let arranged = Arrangement::new([], [], by);
        again.keep_arrangement(arranged.clone());
        write(&path, &again.latest.borrow()).unwrap();
        let read = MarkersFile::of_store(&store).kept_arrangement();
        assert_eq!(read, arranged);
    }
    fs::write(&path, "{\"version\":1,\"grouping\":\"mood\"}").unwrap();
    let later = MarkersFile::of_store(&store).kept_arrangement();
    assert_eq!(later, Arrangement::default());
}

#[test]
fn the_largest_arrangement_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("markers.json");
    let longest = |n: usize| InstanceId::new(format!("{n:0>200}")).unwrap();
    let many = || (0..3 * Arrangement::MAX).map(longest);
    let kept = Kept {
        arrangement: Arrangement::new(many(), many(), Grouping::None),
        ..Kept::default()
    };
    assert_eq!(kept.arrangement.pinned().len(), Arrangement::MAX);
    write(&path, &kept).unwrap();
    assert_eq!(read(&path).unwrap().arrangement, kept.arrangement);
}
