//! The real program in a real window plays a set list by a virtual pad, on a JACK server.

use std::{
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use fermata::engine::Status;
use midir::{MidiOutput, MidiOutputConnection, os::unix::VirtualOutput};

use super::{PATIENCE, on_a_server};
use crate::screen::{Screen, Stage};

/// The notes of the pads.
const NEXT: u8 = 36;
const PREVIOUS: u8 = 37;
const RESET: u8 = 38;

const RIG: &str = "\
[[control]]
on = \"Launch Pad\"
note = 36
do = \"next-piece\"

[[control]]
on = \"Launch Pad\"
note = 37
do = \"previous-piece\"

[[control]]
on = \"Launch Pad\"
note = 38
do = \"reset-scene\"
";

const LIST: &str = "\
title: A show
pieces:
  - score: prelude.yaml
  - score: song.yaml
    previous: terminate
  - score: dance.yaml
    previous: terminate
";

#[test]
fn a_whole_set_list_is_played_by_a_virtual_pad() {
    on_a_server("jack::setlist::in_the_child", 6 * PATIENCE);
}

/// A score with a bar in less than a second.
fn score(name: &str, bars: u32) -> String {
    format!(
        "document: {{ dsl: 1.0.0, namespace: test, name: {name}, version: 1.0.0, metadata: \
         {{ fermata: {{ tempo: 300, instruments: {{ bass: {{ patch: bass }} }} }} }} }}\n\
         do:\n  - on: {{ call: play, with: {{ instrument: bass, pattern: \"c2*4\", repeat: {bars} }} }}\n"
    )
}

/// A device with pads.
struct Pads(MidiOutputConnection);

impl Pads {
    /// Plugs it in, once the server has come up.
    fn plug_in() -> Self {
        let begun = Instant::now();
        loop {
            match MidiOutput::new("Launch Pad") {
                Ok(output) => return Self(output.create_virtual("Launch Pad").unwrap()),
                Err(error) => assert!(begun.elapsed() < PATIENCE, "no JACK server: {error}"),
            }
            sleep(Duration::from_millis(100));
        }
    }

    fn press(&mut self, note: u8) {
        self.0.send(&[0x90, note, 100]).unwrap();
        sleep(Duration::from_millis(80));
        self.0.send(&[0x80, note, 0]).unwrap();
        sleep(Duration::from_millis(400));
    }
}

fn until(stage: &Stage<'_>, score: &str, status: Status, times: usize) {
    let what = format!("{score} is {status}, {times} times");
    stage.until_instances(&what, |instances| {
        let with = instances
            .iter()
            .filter(|one| one.workflow == score && one.status == status);
        with.count() == times
    });
}

#[test]
#[ignore = "a part of the test above"]
fn in_the_child() {
    let mut pads = Pads::plug_in();
    let Some(screen) = Screen::open() else { return };
    for (name, bars) in [("prelude", 400), ("song", 400), ("dance", 2)] {
        let file = screen.file(&format!("{name}.yaml"));
        std::fs::write(file, score(name, bars)).unwrap();
    }
    let (list, rig) = (screen.file("setlist.yaml"), screen.file("rig.toml"));
    std::fs::write(&list, LIST).unwrap();
    std::fs::write(&rig, RIG).unwrap();
    let stage = screen.start_with(&[Path::new("--rig"), &rig, &list]);
    // The inputs are opened a moment after the window.
    sleep(Duration::from_secs(3));
    pads.press(NEXT);
    until(&stage, "prelude", Status::Running, 1);
    pads.press(RESET);
    until(&stage, "prelude", Status::Terminated, 1);
    pads.press(NEXT);
    until(&stage, "prelude", Status::Running, 1);
    pads.press(NEXT);
    until(&stage, "song", Status::Running, 1);
    until(&stage, "prelude", Status::Terminated, 2);
    pads.press(NEXT);
    until(&stage, "dance", Status::Completed, 1);
    until(&stage, "song", Status::Terminated, 1);
    pads.press(PREVIOUS);
    pads.press(NEXT);
    until(&stage, "song", Status::Running, 1);
    stage.terminate();
}
