//! Tests of a clock with jitter, dropouts and restarts.

use proptest::prelude::*;

use super::*;

/// A device that sends ticks with jitter.
struct Device {
    clock: ClockIn,
    /// The time of its next tick, in nanoseconds.
    due: f64,
    ticks: i64,
    random: u64,
    shake: f64,
}

impl Device {
    fn new(shake: f64) -> Self {
        let mut clock = ClockIn::default();
        clock.receive(ClockMessage::Start, Nanos(0));
        Self {
            clock,
            due: 1e9,
            ticks: 0,
            random: 7,
            shake,
        }
    }

    /// A uniform random number from -1 to 1.
    fn draw(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.random >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// Sends a tick, which may get lost.
    fn tick(&mut self, bpm: f64, heard: bool) {
        if heard {
            let at = self.due + self.draw() * self.shake;
            self.clock.receive(ClockMessage::Tick, Nanos(at as u64));
        }
        self.ticks += 1;
        self.due += 60e9 / bpm / 24.0;
    }

    fn play(&mut self, bpm: f64, seconds: f64) {
        for _ in 0..(seconds * bpm / 60.0 * 24.0) as usize {
            self.tick(bpm, true);
        }
    }

    /// The errors of the reading: relative error of the tempo, phase in milliseconds.
    fn errors(&self, bpm: f64) -> (f64, f64) {
        let reading = self.clock.reading().unwrap();
        let period = 60e9 / bpm / 24.0;
        let tempo = reading.tempo.beats_per_minute() / bpm - 1.0;
        let beats = reading.place.unwrap().as_f64();
        let truth = self.due - (self.ticks as f64 - beats * 24.0) * period;
        (tempo.abs(), (reading.at.0 as f64 - truth).abs() / 1e6)
    }
}

/// The theoretical errors of the loop.
///
/// A loop that corrects the phase by `alpha = √2 ω` and the period by `beta = ω²` of each error,
/// with `ω = 2π * bandwidth * period`, is an alpha-beta filter. The jitter is independent and
/// uniform over ±jitter, so its standard deviation is σ = jitter / √3. In the steady state the
/// filter leaves of it (the noise reduction of alpha-beta filters, e.g. Bar-Shalom, Li,
/// Kirubarajan, "Estimation with Applications to Tracking and Navigation", 6.5):
///
/// - phase: σ² * (2 alpha² + beta (2 - 3 alpha)) / (alpha (4 - 2 alpha - beta))
///
/// - period: σ² * 2 beta² / (alpha (4 - 2 alpha - beta))
///
/// Both errors are weighted sums of the jitter. A uniform distribution is strictly sub-Gaussian, so
/// the sum exceeds k standard deviations with a probability of at most 2 exp(-k²/2), exactly: with
/// k = 7 in fewer than one of 10^10 cases.
struct Theory {
    alpha: f64,
    beta: f64,
    omega: f64,
    /// Nanoseconds.
    sigma: f64,
    period: f64,
}

impl Theory {
    const K: f64 = 7.0;
    /// The bandwidth when locked, and during acquisition, in hertz.
    const NARROW: f64 = 0.3;
    const WIDE: f64 = 1.5;
    /// Timestamps are whole nanoseconds.
    const GRAIN: f64 = 2.0;

    fn new(hertz: f64, bpm: f64, shake: f64) -> Self {
        let period = 60e9 / bpm / 24.0;
        let omega = std::f64::consts::TAU * hertz * period * 1e-9;
        Self {
            alpha: std::f64::consts::SQRT_2 * omega,
            beta: omega * omega,
            omega,
            sigma: shake / 3.0_f64.sqrt(),
            period,
        }
    }

    fn of_sigma(&self, variance: f64) -> f64 {
        let Self { alpha, beta, .. } = self;
        let scale = variance / (alpha * (4.0 - 2.0 * alpha - beta));
        Self::K * self.sigma * scale.sqrt()
    }

    /// The largest error of the phase, in nanoseconds.
    fn phase(&self) -> f64 {
        let Self { alpha, beta, .. } = self;
        Self::GRAIN + self.of_sigma(2.0 * alpha * alpha + beta * (2.0 - 3.0 * alpha))
    }

    /// The largest error of the period, in nanoseconds.
    fn apart(&self) -> f64 {
        Self::GRAIN * self.omega + self.of_sigma(2.0 * self.beta * self.beta)
    }

    /// The largest relative error of the tempo.
    fn tempo(&self) -> f64 {
        self.apart() / self.period
    }

    /// The share of a phase error that remains after some ticks: the poles of the loop are at ω (-1
    /// ± i) / √2 per tick.
    fn left_after(&self, ticks: f64) -> f64 {
        (-self.omega * ticks / std::f64::consts::SQRT_2).exp()
    }
}

proptest! {
    #![proptest_config(crate::seed::cases(256))]

    /// After eight seconds the acquisition has no effect any more: it was wide for 48 ticks, two
    /// seconds at most, and e^(-2π * 0.3 / √2 * 5.5) = 0.07 % of its errors remain.
    #[test]
    fn jitter_is_smoothed(bpm in 60.0..240.0_f64, shake in 0.0..2e6_f64, random: u64) {
        let mut device = Device::new(shake);
        device.random = random;
        device.play(bpm, 8.0);
        let (tempo, phase) = device.errors(bpm);
        let theory = Theory::new(Theory::NARROW, bpm, shake);
        let (most, most_phase) = (theory.tempo(), theory.phase() / 1e6);
        prop_assert!(tempo < most, "tempo is off by {tempo}, more than {most}");
        prop_assert!(phase < most_phase, "phase is off by {phase} ms, more than {most_phase}");
    }

    #[test]
    fn the_clock_freewheels_during_a_dropout_and_returns_without_a_jump(
        bpm in 60.0..200.0_f64,
        away in 1_usize..200,
        random: u64,
    ) {
        let shake = 5e5;
        let mut device = Device::new(shake);
        device.random = random;
        device.play(bpm, 8.0);
        let before = device.clock.reading().unwrap();
        for _ in 0..away {
            device.tick(bpm, false);
        }
        prop_assert_eq!(device.clock.reading().unwrap(), before);
        // It continued at a tempo and from a position that were slightly off.
        let (narrow, wide) = (
            Theory::new(Theory::NARROW, bpm, shake),
            Theory::new(Theory::WIDE, bpm, shake),
        );
        let astray = narrow.phase() + (away + 1) as f64 * narrow.apart();
        // Each tick corrects `alpha` of its error.
        let most = wide.alpha * (shake + astray + wide.phase()) / 1e6;
        for _ in 0..48 {
            let last = device.clock.reading().unwrap();
            device.tick(bpm, true);
            let now = device.clock.reading().unwrap();
            let beats = (now.place.unwrap() - last.place.unwrap()).as_f64();
            let went = now.at.since(last.at).as_secs_f64() * 1e3;
            let jump = went - beats * last.tempo.beat_nanos() / 1e6;
            prop_assert!(jump.abs() < most, "a jump of {jump} ms, more than {most}");
        }
        let (tempo, phase) = device.errors(bpm);
        // What remains of the outliers, in addition to the jitter of a wide loop; a phase step
        // changes the period by less than √2 ω of it.
        let left = astray * wide.left_after(48.0);
        let most = wide.tempo() + std::f64::consts::SQRT_2 * wide.omega * left / wide.period;
        let most_phase = (wide.phase() + std::f64::consts::SQRT_2 * left) / 1e6;
        prop_assert!(tempo < most, "tempo is off by {tempo}, more than {most}");
        prop_assert!(phase < most_phase, "phase is off by {phase} ms, more than {most_phase}");
    }

    #[test]
    fn no_message_at_any_time_panics(
        messages in prop::collection::vec((0_u8..5, any::<u64>()), 0..300),
    ) {
        let mut clock = ClockIn::default();
        for (message, at) in messages {
            let message = match message {
                0 => ClockMessage::Start,
                1 => ClockMessage::Stop,
                2 => ClockMessage::Continue,
                3 => ClockMessage::Position(16_383),
                _ => ClockMessage::Tick,
            };
            clock.receive(message, Nanos(at));
            clock.reading();
        }
    }
}

#[test]
fn a_new_tempo_is_followed_within_two_seconds() {
    for (from, to) in [(120.0, 130.0), (120.0, 90.0), (100.0, 200.0), (160.0, 70.0)] {
        let mut device = Device::new(3e5);
        device.play(from, 6.0);
        device.play(to, 3.0);
        let (tempo, _) = device.errors(to);
        assert!(tempo < 0.02, "{from} to {to}: off by {tempo}");
    }
}

#[test]
fn ticks_that_come_late_in_a_bunch_are_all_counted() {
    let mut device = Device::new(0.0);
    device.play(120.0, 4.0);
    let held_back = device.due + 3.4 * 60e9 / 120.0 / 24.0;
    for late in 0..4 {
        let at = Nanos((held_back + f64::from(late) * 1e5) as u64);
        device.clock.receive(ClockMessage::Tick, at);
        device.ticks += 1;
        device.due += 60e9 / 120.0 / 24.0;
    }
    device.play(120.0, 4.0);
    let (_, phase) = device.errors(120.0);
    assert!(phase < 0.5, "off by {phase} ms");
}

#[test]
fn delayed_ticks_that_catch_up_slowly_are_all_counted() {
    let mut device = Device::new(0.0);
    device.play(120.0, 4.0);
    let period = 60e9 / 120.0 / 24.0;
    for late in [2.6, 2.2, 1.9, 1.4, 1.1, 0.6, 0.2] {
        let at = Nanos((device.due + late * period) as u64);
        device.clock.receive(ClockMessage::Tick, at);
        device.ticks += 1;
        device.due += period;
    }
    device.play(120.0, 4.0);
    let (_, phase) = device.errors(120.0);
    assert!(phase < 0.5, "off by {phase} ms");
}

#[test]
fn it_starts_stops_and_continues_at_a_position() {
    let mut clock = ClockIn::default();
    let mut at = 0;
    let mut hear = |message| {
        at += 20_000_000;
        clock.receive(message, Nanos(at))
    };
    assert_eq!(hear(ClockMessage::Tick), Some(ClockInEvent::Tick));
    assert_eq!(hear(ClockMessage::Start), None);
    let start = hear(ClockMessage::Tick);
    assert_eq!(start, Some(ClockInEvent::Started(Beats::ZERO)));
    for _ in 0..24 {
        hear(ClockMessage::Tick);
    }
    assert_eq!(hear(ClockMessage::Stop), Some(ClockInEvent::Stopped));
    assert_eq!(hear(ClockMessage::Stop), None);
    hear(ClockMessage::Continue);
    let on = hear(ClockMessage::Tick);
    assert_eq!(on, Some(ClockInEvent::Started(Beats::new(25, 24))));
    hear(ClockMessage::Position(8));
    hear(ClockMessage::Continue);
    let there = hear(ClockMessage::Tick);
    assert_eq!(there, Some(ClockInEvent::Started(Beats::whole(2))));
}

#[test]
fn it_notices_that_the_device_was_disconnected() {
    let mut clock = ClockIn::default();
    assert!(!clock.is_present(Nanos(0)));
    clock.receive(ClockMessage::Tick, Nanos(1_000_000));
    assert!(clock.is_present(Nanos(200_000_000)));
    assert!(!clock.is_present(Nanos(300_000_000)));
}
