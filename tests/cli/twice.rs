//! Virtual time: the same performance gives the same bytes.

use std::thread;

use crate::harness::{Room, score};

const PIECE: &str = r#"  - bars:
      fork:
        branches:
          - high: { call: play, with: { instrument: a, pattern: "c4? [d4 e4]? f4*3 g4?", repeat: 2 } }
          - breath: { do: [{ one: { wait: { milliseconds: 333 } } }, { two: { call: rest, with: { beats: 1.5 } } }] }
          - beat:
              try:
                - hit: { call: play, with: { instrument: drums, pattern: "bd(3,8) sn", repeat: 2 } }
              catch:
                retry:
                  delay: { milliseconds: 100 }
                  jitter: { from: { milliseconds: 0 }, to: { milliseconds: 400 } }
"#;

#[test]
fn two_runs_in_virtual_time_leave_the_same_files() {
    let perform = || {
        let room = Room::new();
        room.write("piece.yaml", &score("piece", 180, PIECE));
        let out = room.succeed(
            "play piece.yaml --clock virtual --store s.redb --input {\"n\":1} -o json \
             --record p.mid --render p.wav --trace p.jsonl --tasks tasks.jsonl",
        );
        let files = ["p.mid", "p.wav", "p.jsonl", "tasks.jsonl"].map(|name| room.read(name));
        (out, files, room.history("s.redb", "piece-1"))
    };
    let (one, two) = thread::scope(|scope| {
        let other = scope.spawn(perform);
        (perform(), other.join().unwrap())
    });
    assert!(one.1.iter().all(|file| file.len() > 100));
    assert_eq!(one.0, two.0, "what it prints");
    assert_eq!(one.2, two.2, "the history");
    for (index, name) in ["recording", "sound", "trace", "tasks"].iter().enumerate() {
        assert!(one.1[index] == two.1[index], "the {name} differs");
    }
}
