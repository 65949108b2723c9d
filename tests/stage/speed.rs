//! The cost of a frame without a graphics card: a busy performance, panned every frame.

use fermata::{engine::Payload, stage::Stage, view::Projector};

use crate::{
    common::cpu_time::CpuTime,
    concert::{FakeHost, Voice, at, transport},
};

/// Fifty lanes of `notes` notes each.
fn busy(notes: u32) -> Projector {
    let mut projector = Projector::new();
    projector.transport(transport());
    for lane in 0..50 {
        let mut voice = Voice::new("busy", &format!("busy-{lane}"), 0.0);
        for n in 0..notes {
            voice.play(
                f64::from(n) * 160.0 / f64::from(notes),
                0.2,
                &[40 + (n % 30) as u8],
            );
        }
        let asked = voice.schedule(at(161.0), "wait", Payload::null());
        voice.start(at(161.1), asked, 1);
        projector.committed(&voice.committed());
    }
    projector
}

/// The median processor time of a frame in milliseconds: our code, and with egui's tessellation.
fn frame_ms(projector: &Projector) -> (f64, f64) {
    let host = FakeHost::new(projector.snapshot());
    let ctx = egui::Context::default();
    let mut stage = Stage::new(host.clone(), &ctx);
    let mut times = Vec::new();
    for frame in 0..40u64 {
        host.now
            .fetch_add(16_000_000, std::sync::atomic::Ordering::Relaxed);
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(
                egui::Pos2::ZERO,
                egui::vec2(1920.0, 1080.0),
            )),
            time: Some(frame as f64 / 60.0),
            events: match frame {
                0 => vec![key(egui::Key::A)],
                _ => Vec::new(),
            },
            ..Default::default()
        };
        let begin = CpuTime::start();
        let mut output = ctx.run_ui(input, |ui| stage.show(ui));
        let painted = begin.elapsed();
        output.textures_delta.clear();
        let shapes = ctx.tessellate(output.shapes, output.pixels_per_point);
        let whole = begin.elapsed();
        assert!(!shapes.is_empty());
        times.push((painted.as_secs_f64() * 1e3, whole.as_secs_f64() * 1e3));
    }
    times.sort_by(|a, b| a.1.total_cmp(&b.1));
    times[times.len() / 2]
}

/// The least of several: a busy machine only ever adds to it.
fn least_frame_ms(projector: &Projector) -> (f64, f64) {
    let times = (0..3).map(|_| frame_ms(projector));
    times
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .expect("it is measured three times")
}

fn key(key: egui::Key) -> egui::Event {
    egui::Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    }
}

#[test]
fn a_frame_of_a_busy_performance_takes_far_less_than_a_60th_of_a_second() {
    let mut report = Vec::new();
    for notes in [20, 200, 2000] {
        let (paint, whole) = least_frame_ms(&busy(notes));
        report.push(format!(
            "{notes} notes a lane: {paint:.2} ms, with tessellation {whole:.2} ms"
        ));
        assert!(whole < 16.0, "{report:?}");
    }
    println!("{}", report.join("\n"));
}

/// A lane with that many activities that began together and are all open.
fn fan_out(open: u32) -> Projector {
    let mut projector = Projector::new();
    projector.transport(transport());
    let mut voice = Voice::new("fleet", "fleet-1", 100.0);
    for n in 0..open {
        let asked = voice.schedule(at(110.0 + f64::from(n) * 0.004), "region", Payload::null());
        voice.start(at(110.0 + f64::from(n) * 0.004), asked, 1);
    }
    projector.committed(&voice.committed());
    projector
}

#[test]
fn a_frame_with_ten_thousand_open_activities_is_as_quick_as_one_with_forty() {
    let (_, few) = least_frame_ms(&fan_out(40));
    let (paint, many) = least_frame_ms(&fan_out(10_000));
    println!("40 open: {few:.2} ms, 10,000 open: {many:.2} ms, of which painting {paint:.2} ms");
    assert!(many < few + 6.0, "{few:.2} ms and {many:.2} ms");
}

#[test]
fn a_commit_costs_the_same_however_long_the_history_is() {
    let cost = |notes: u32| {
        let mut projector = Projector::new();
        let mut voice = Voice::new("long", "long-1", 0.0);
        for n in 0..notes {
            voice.play(f64::from(n % 150), 0.2, &[40]);
        }
        projector.committed(&voice.committed());
        let known = voice.committed().events.len();
        for n in 0..60 {
            voice.play(150.0 + f64::from(n) * 0.05, 0.1, &[41]);
        }
        let mut whole = voice.committed();
        let news: Vec<_> = whole.events.drain(known..).collect();
        let mut times = Vec::new();
        let mut kept = projector.snapshot();
        for note in news.chunks(3) {
            whole.events = note.to_vec();
            let begin = CpuTime::start();
            projector.committed(&whole);
            let next = projector.snapshot();
            times.push(begin.elapsed().as_secs_f64() * 1e6);
            assert!(next.version > kept.version);
            kept = next;
        }
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    // The least of several: a busy machine only ever adds to it.
    let least = |notes| (0..3).map(|_| cost(notes)).fold(f64::INFINITY, f64::min);
    let (short, long) = (least(200), least(20_000));
    println!("commit and snapshot: {short:.0} µs with 200 notes, {long:.0} µs with 20,000");
    assert!(long < short * 5.0 + 200.0, "{short} {long}");
}
