//! The window while the program starts behind it.

use std::sync::{Arc, mpsc};

use egui::vec2;
use egui_kittest::{Harness, kittest::Queryable};
use fermata::stage::{Host, Opening, StartingPage, Window};

use super::{concert::FakeHost, empty};

type Started = Result<Arc<dyn Host>, String>;

fn window(started: mpsc::Receiver<Started>) -> Harness<'static, Window> {
    let page = StartingPage::new(started);
    let mut harness = Harness::builder()
        .with_size(vec2(1280.0, 720.0))
        .build_eframe(move |cc| Window::new(Opening::Starting(page), &cc.egui_ctx));
    harness.run_steps(2);
    assert!(harness.state().stage().is_none());
    harness
}

#[test]
fn the_stage_comes_once_the_program_has_started() {
    let (report, started) = mpsc::channel();
    let mut harness = window(started);
    let host: Arc<dyn Host> = FakeHost::new(empty().snapshot());
    report.send(Ok(host)).unwrap();
    harness.run_steps(3);
    assert!(harness.state().stage().is_some());
    harness.get_by_label("Panic: silence everything");
}

#[test]
fn a_program_that_cannot_start_says_why() {
    let (report, started) = mpsc::channel();
    let mut harness = window(started);
    report
        .send(Err("no thread for the player".to_owned()))
        .unwrap();
    harness.run_steps(2);
    harness.get_by_label("Fermata cannot start. No thread for the player. Press Esc to close.");
    assert!(harness.state().stage().is_none());
}
