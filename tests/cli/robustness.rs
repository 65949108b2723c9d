//! Signals, closed outputs and missing resources: the show ends cleanly and no note is left sounding.
#![cfg(unix)]

use std::{
    io::Read,
    process::{Child, Command, Stdio},
};

use crate::harness::{Outcome, Room, eventually, hanging, score};

/// A room with a piece of some seconds.
fn room() -> Room {
    room_with_bars(12)
}

fn room_with_bars(bars: u32) -> Room {
    let room = Room::new();
    let tasks = format!(
        "  - hum: {{ call: play, with: {{ instrument: a, pattern: \"[c3,e3,g3] d4*3\", repeat: {bars} }} }}\n"
    );
    room.write("long.yaml", &score("long", 400, &tasks));
    room
}

const PLAY: &str = "play long.yaml --store s.redb --trace t.jsonl";

/// Lets another program start the piece, in the same process.
fn start_with(room: &Room, mut starter: Command) -> Child {
    let program = room.command(PLAY);
    let variables = program.get_envs();
    starter
        .arg(program.get_program())
        .args(program.get_args())
        .envs(variables.filter_map(|(name, value)| Some((name, value?))))
        .current_dir(room.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    starter.spawn().unwrap()
}

/// Starts the piece so that it ignores no signal, even if the tests do (`nohup cargo test`).
fn start(room: &Room) -> Child {
    let mut env = Command::new("env");
    if cfg!(target_os = "linux") {
        env.arg("--default-signal");
    }
    start_with(room, env)
}

fn plays(room: &Room) {
    eventually("it plays", || {
        room.path("t.jsonl").exists() && room.trace("t.jsonl").iter().any(|sent| sent.is_on())
    });
}

fn signal(child: &Child, name: &str) {
    // The shell's own `kill`: a minimal system has no other.
    let kill = format!("kill -{name} {}", child.id());
    let killed = Command::new("sh").args(["-c", &kill]).status();
    assert!(killed.unwrap().success());
}

#[test]
fn each_signal_ends_the_show_cleanly_with_its_own_exit_code() {
    for (name, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        // It is not at its end when the signal comes, however busy the machine is.
        let room = room_with_bars(200);
        let run = start(&room);
        plays(&room);
        signal(&run, name);
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{name}: {ended:?}");
        let hanging = hanging(&room.trace("t.jsonl"));
        assert!(hanging.is_empty(), "{name}: {hanging:?}");
        let list = room.succeed("list --store s.redb");
        assert!(list.contains("Running"), "{name}: {list}");
    }
}

#[test]
fn a_show_started_with_nohup_outlives_its_terminal() {
    let room = room();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    let run = start_with(&room, shell);
    plays(&room);
    signal(&run, "HUP");
    let ended = run.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}

#[test]
fn a_closed_standard_error_does_not_end_the_show() {
    let room = room();
    room.write("rig.toml", "[[port]]\nname = \"Volca\"\n");
    let mut run = room.start("play long.yaml --store s.redb --trace t.jsonl --rig rig.toml");
    // Whoever read the messages ends.
    drop(run.stderr.take());
    drop(run.stdout.take());
    plays(&room);
    room.write("rig.toml", "[[port]]\nname = 5\n");
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert!(room.succeed("list --store s.redb").contains("Completed"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_log_does_not_end_the_show() {
    let room = room();
    room.write("rig.toml", "[[port]]\nname = \"Volca\"\n");
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut command = room.command("play long.yaml --store s.redb --trace t.jsonl --rig rig.toml");
    let mut run = command.stderr(full.unwrap()).spawn().unwrap();
    plays(&room);
    room.write("rig.toml", "[[port]]\nname = 5\n");
    assert_eq!(run.wait().unwrap().code(), Some(0));
}

#[test]
fn a_closed_output_pipe_is_not_an_error() {
    let room = room();
    room.succeed("play long.yaml --clock virtual --store s.redb");
    for args in [
        "history long-1 --store s.redb",
        "export long-1 --store s.redb",
        "schema",
    ] {
        let mut run = room.start(args);
        let mut first = [0];
        let mut out = run.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{args}: {ended:?}");
        assert!(ended.stderr.is_empty(), "{args}: {ended:?}");
    }
}

/// The limit of processes does not apply to root, so the program runs as nobody.
#[cfg(target_os = "linux")]
#[test]
fn a_system_without_threads_is_an_error_and_not_a_panic() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let room = room();
    let is_root = room.path("").metadata().unwrap().uid() == 0;
    let is_there = Command::new("setpriv").arg("--version").output().is_ok();
    if !is_root || !is_there {
        println!("skipped: this needs root and setpriv");
        return;
    }
    std::fs::set_permissions(room.path(""), std::fs::Permissions::from_mode(0o777)).unwrap();
    // The program is not in a place where nobody may go. Another one copies it: no process that another test is
    // starting has the copy open for writing, which could not be executed then.
    let program = room.path("fermata");
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_fermata"))
        .arg(&program)
        .status();
    assert!(copied.unwrap().success());
    let limited = "ulimit -u 3; exec setpriv --reuid=65534 --clear-groups \"$0\" play long.yaml --store s.redb";
    let mut command = Command::new("bash");
    command
        .args(["-c", limited])
        .arg(&program)
        .current_dir(room.path(""))
        .env("HOME", room.path(""));
    let ended = Outcome::of(command);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.err.contains("does not grant the threads"),
        "{ended:?}"
    );
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}

#[test]
fn text_from_outside_cannot_control_the_terminal() {
    let room = Room::new();
    let evil = "\\e]0;owned\\a\\e[2J\\u202e";
    let tasks = format!(
        "  - ask: {{ raise: {{ error: {{ type: \"https://x.y/z\", status: 400, title: \"{evil}\" }} }} }}\n"
    );
    room.write("evil.yaml", &score("evil", 400, &tasks));
    let played = room.run("play evil.yaml --clock virtual --store s.redb");
    let mut seen = format!("{}{}", played.out, played.err);
    for args in [
        "history evil-1",
        "list",
        "history evil-1 -o json",
        "export evil-1",
    ] {
        seen += &room.succeed(&format!("{args} --store s.redb"));
    }
    assert!(seen.contains("owned"), "{seen}");
    let dangerous = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!seen.contains(dangerous), "{seen:?}");
}
