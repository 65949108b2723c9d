//! The window without a store: it says why, and offers ways on.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use egui::{Key, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use fermata::stage::{Host, NoStorePage, Opening, WayOn, Window};

use super::{concert::FakeHost, empty};

#[test]
fn a_store_in_use_is_shown_and_can_be_tried_again_or_replaced() {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let ways = Rc::clone(&asked);
    let proceed = move |way| {
        ways.borrow_mut().push(way);
        match way {
            WayOn::TryAgain => Err("it is still in use".to_owned()),
            WayOn::InMemory => Ok(FakeHost::new(empty().snapshot()) as Arc<dyn Host>),
        }
    };
    let message = "the store /tmp/s.redb is in use by another process".to_owned();
    let page = NoStorePage::new(message, Box::new(proceed));
    let mut harness = Harness::builder()
        .with_size(vec2(1280.0, 720.0))
        .build_eframe(move |cc| Window::new(Opening::NoStore(page), &cc.egui_ctx));
    harness.run_steps(2);
    harness.get_by_label("The store /tmp/s.redb is in use by another process.");
    harness.get_by_label("Try again").click();
    harness.run_steps(3);
    harness.get_by_label("It is still in use.");
    assert!(harness.state().stage().is_none());
    harness.key_press(Key::M);
    harness.run_steps(3);
    assert_eq!(*asked.borrow(), [WayOn::TryAgain, WayOn::InMemory]);
    assert!(harness.state().stage().is_some());
    harness.get_by_label("Panic: silence everything");
}
