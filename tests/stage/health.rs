//! What a performance needs is said in words at every size of the window, and each failure with its remedy.

use egui::Rect;
use egui_kittest::kittest::Queryable;
use fermata::view::{AudioView, MetersView, PortView, Projector, TroubleView};

use super::{TestWindow, concert::concert, painted::texts};

fn failing() -> Projector {
    let mut projector = concert();
    projector.meters(MetersView {
        audio: AudioView::Lost("the device was unplugged".to_owned()),
        ports: vec![PortView {
            name: "A synth with a long name".to_owned(),
            ok: false,
            waiting: 0,
        }],
        ..MetersView::default()
    });
    projector.trouble(Some(TroubleView::Store("the disk is full".into())));
    projector
}

#[test]
fn sound_midi_disk_and_engine_are_words_at_every_size() {
    let sizes = [
        (860.0, 480.0),
        (1024.0, 768.0),
        (1280.0, 720.0),
        (1920.0, 1080.0),
        (3440.0, 1440.0),
    ];
    let running = format!("{} running", concert().snapshot().running());
    let states = [
        ["No sound", "No sound"],
        ["A synth with a long name is gone", "No MIDI"],
        ["Cannot save", "Disk"],
        [running.as_str(), "Engine"],
    ];
    for (width, height) in sizes {
        let painted = texts(&failing(), width, height);
        let mut places: Vec<Rect> = Vec::new();
        for words in states {
            let shown = painted
                .iter()
                .find(|(text, _)| words.contains(&text.as_str()));
            let Some((_, place)) = shown else {
                panic!("{width} × {height}: {words:?} is not painted whole");
            };
            assert!(
                place.right() < width - 100.0,
                "{width}: {words:?} at {place}"
            );
            assert!(place.height() >= 11.0, "{width}: {words:?} is too small");
            for other in &places {
                assert!(!place.intersects(*other), "{width}: {words:?} is covered");
            }
            places.push(*place);
        }
    }
}

#[test]
fn each_failure_has_its_remedy() {
    let window = TestWindow::open(&failing());
    for remedy in [
        "Connect an audio device",
        "plugged in and switched on",
        "free some space",
    ] {
        window.harness.get_by_label_contains(remedy);
    }
}
