//! The window after a failure of its own code.

use std::{
    cell::RefCell,
    path::PathBuf,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
};

use egui::{Key, Modifiers, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use fermata::{
    stage::{Host, Opening, Window, WindowFailure},
    view::{HistoryCommand, ReplayCommand},
};

use super::concert::{FakeHost, concert};

type Reports = Rc<RefCell<Vec<WindowFailure>>>;

fn window() -> (Arc<FakeHost>, Reports, Harness<'static, Window>) {
    let host = FakeHost::new(concert().snapshot());
    let reports = Reports::default();
    let (shared, kept): (Arc<dyn Host>, _) = (host.clone(), Rc::clone(&reports));
    let reporter = move |failure: &WindowFailure| {
        kept.borrow_mut().push(failure.clone());
        Ok(PathBuf::from("evening.redb.crash-1.txt"))
    };
    let mut harness = Harness::builder()
        .with_size(vec2(1280.0, 720.0))
        .build_eframe(move |cc| {
            Window::new(Opening::Stage(shared), &cc.egui_ctx).with_reporter(Box::new(reporter))
        });
    harness.run_steps(2);
    (host, reports, harness)
}

const NOTICE: &str = "The window had an error and was restarted; the music went on. Report: \
                      evening.redb.crash-1.txt";

#[test]
fn after_a_panic_the_window_is_back_and_names_the_report() {
    let (host, reports, mut harness) = window();
    assert!(harness.query_by_label(NOTICE).is_none());
    host.fail.store(true, Ordering::Relaxed);
    harness.run_steps(4);
    harness.get_by_label(NOTICE);
    harness.get_by_label("Panic: silence everything");
    let reports = reports.borrow();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].message, "the host failed");
    assert!(reports[0].location.contains("concert.rs"));
    assert!(!reports[0].backtrace.is_empty());
}

#[test]
fn a_report_names_the_kinds_of_the_last_actions_and_nothing_of_the_pieces() {
    let (host, reports, mut harness) = window();
    harness.key_press(Key::Num2);
    harness.run_steps(2);
    harness.key_press(Key::Space);
    harness.run_steps(2);
    host.fail.store(true, Ordering::Relaxed);
    harness.run_steps(2);
    let reports = reports.borrow();
    let trail = &reports[0].trail;
    let pause = ["action Control Pause", "command Engine Suspend"].map(str::to_owned);
    assert!(trail.contains(&"action Lane".to_owned()), "{trail:?}");
    assert!(trail.ends_with(&pause), "{trail:?}");
    assert!(!format!("{reports:?}").contains("stubborn"));
}

#[test]
fn the_program_forgets_what_the_lost_window_had_asked_for() {
    let (host, _, mut harness) = window();
    harness.key_press_modifiers(Modifiers::NONE, Key::ArrowLeft);
    harness.run_steps(2);
    host.take();
    host.replayed.lock().unwrap().clear();
    host.fail.store(true, Ordering::Relaxed);
    harness.run_steps(4);
    assert_eq!(*host.replayed.lock().unwrap(), [ReplayCommand::Stop]);
    let sent = host.take();
    assert!(
        sent.contains(&HistoryCommand::Show(None).into()),
        "{sent:?}"
    );
    assert!(!harness.state().stage().unwrap().state().is_replay());
}

#[test]
#[should_panic(expected = "the host failed")]
fn a_window_that_fails_again_and_again_is_given_up() {
    let (host, _, mut harness) = window();
    for _ in 0..4 {
        host.fail.store(true, Ordering::Relaxed);
        harness.run_steps(2);
    }
}
