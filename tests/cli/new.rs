//! `fermata new`: a score to start from.

use crate::harness::Room;

#[test]
fn a_new_score_passes_the_check_and_makes_music() {
    let room = Room::new();
    let out = room.succeed("new Morning-Song");
    assert!(out.contains("morning-song.yaml"), "{out}");
    room.succeed("check morning-song.yaml");
    let out =
        room.succeed("play morning-song.yaml --clock virtual --store :memory: --trace t.jsonl");
    assert!(out.starts_with("morning-song-1: Completed"), "{out}");
    let struck = room
        .trace("t.jsonl")
        .into_iter()
        .filter(|sent| sent.is_on());
    assert!(struck.count() > 40);
    let text = String::from_utf8(room.read("morning-song.yaml")).unwrap();
    assert!(
        text.lines()
            .filter(|line| line.trim().starts_with('#'))
            .count()
            > 8
    );

    room.succeed("new -o here.yml");
    room.succeed("check here.yml");
}

#[test]
fn existing_files_are_not_overwritten() {
    let room = Room::new();
    room.write("song.yaml", "mine");
    for args in ["new song", "new other -o song.yaml"] {
        let refused = room.run(args);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(
            refused.err.contains("song.yaml already exists"),
            "{refused:?}"
        );
        assert_eq!(room.read("song.yaml"), b"mine");
    }
    assert!(room.run("new ???").err.contains("no letter or digit"));
    assert!(
        room.run("new x -o no/where.yaml")
            .err
            .contains("cannot be written")
    );
    assert_eq!(room.files(), ["song.yaml"]);
}
