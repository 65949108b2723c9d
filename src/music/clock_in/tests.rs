//! A clock that shakes, drops out and comes back.

use proptest::prelude::*;

use super::*;

/// A device that ticks, with its own idea of when.
struct Device {
    clock: ClockIn,
    /// When the next tick is due, in nanoseconds.
    due: f64,
    ticks: i64,
    random: u64,
    shake: f64,
}

impl Device {
    fn new(shake: f64) -> Self {
        let mut clock = ClockIn::default();
        clock.hear(ClockMessage::Start, Nanos(0));
        Self {
            clock,
            due: 1e9,
            ticks: 0,
            random: 7,
            shake,
        }
    }

    /// From -1 to 1, evenly.
    fn draw(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.random >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// A tick that gets through, or not.
    fn tick(&mut self, bpm: f64, heard: bool) {
        if heard {
            let at = self.due + self.draw() * self.shake;
            self.clock.hear(ClockMessage::Tick, Nanos(at as u64));
        }
        self.ticks += 1;
        self.due += 60e9 / bpm / 24.0;
    }

    fn play(&mut self, bpm: f64, seconds: f64) {
        for _ in 0..(seconds * bpm / 60.0 * 24.0) as usize {
            self.tick(bpm, true);
        }
    }

    /// How far the reading is from the truth: tempo as a part, phase in milliseconds.
    fn errors(&self, bpm: f64) -> (f64, f64) {
        let reading = self.clock.reading().unwrap();
        let period = 60e9 / bpm / 24.0;
        let tempo = reading.tempo.beats_per_minute() / bpm - 1.0;
        let beats = reading.place.unwrap().as_f64();
        let truth = self.due - (self.ticks as f64 - beats * 24.0) * period;
        (tempo.abs(), (reading.at.0 as f64 - truth).abs() / 1e6)
    }
}

/// What the theory of the loop says of its errors.
///
/// A loop that corrects where the tick is by `alpha = √2 ω` and how far apart ticks are by
/// `beta = ω²` of each error, with `ω = 2π * bandwidth * period`, is an alpha-beta filter. The moments
/// of ticks shake by independent amounts, evenly between ±shake, so with a standard deviation of
/// σ = shake / √3. Once it is steady the filter leaves of that (the noise reduction of alpha-beta
/// filters, e.g. Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and
/// Navigation", 6.5):
///
/// - phase: σ² * (2 alpha² + beta (2 - 3 alpha)) / (alpha (4 - 2 alpha - beta))
/// - period: σ² * 2 beta² / (alpha (4 - 2 alpha - beta))
///
/// Both errors are weighted sums of the shaking. An even distribution is strictly sub-Gaussian, so the
/// sum is more than k standard deviations off with a probability of at most 2 exp(-k²/2), not only
/// about: with k = 7 in fewer than one of 10^10 cases.
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
    /// The bandwidth of the steady loop, and of one that finds its place, in Hertz.
    const NARROW: f64 = 0.3;
    const WIDE: f64 = 1.5;
    /// Moments are whole nanoseconds.
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

    /// The greatest error of where a tick is, in nanoseconds.
    fn phase(&self) -> f64 {
        let Self { alpha, beta, .. } = self;
        Self::GRAIN + self.of_sigma(2.0 * alpha * alpha + beta * (2.0 - 3.0 * alpha))
    }

    /// The greatest error of how far apart ticks are, in nanoseconds.
    fn apart(&self) -> f64 {
        Self::GRAIN * self.omega + self.of_sigma(2.0 * self.beta * self.beta)
    }

    /// The greatest error of the tempo, as a part of it.
    fn tempo(&self) -> f64 {
        self.apart() / self.period
    }

    /// How much of an error of phase is left after some ticks: the poles of the loop are at
    /// ω (-1 ± i) / √2 a tick.
    fn left_after(&self, ticks: f64) -> f64 {
        (-self.omega * ticks / std::f64::consts::SQRT_2).exp()
    }
}

proptest! {
    #![proptest_config(crate::seed::cases(256))]

    /// After eight seconds nothing is left of how it began: it was wide for 48 ticks, two seconds at
    /// most, and of what they left e^(-2π * 0.3 / √2 * 5.5) = 0.07 % remains.
    #[test]
    fn shaking_is_smoothed(bpm in 60.0..240.0_f64, shake in 0.0..2e6_f64, random: u64) {
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
    fn a_drop_out_freewheels_and_the_return_does_not_jump(
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
        // It went on at a tempo that was a little off, from a place that was.
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
        // What is left of having been astray, beside what shaking does to a wide loop; a step of phase
        // moves the distance of ticks by less than √2 ω of it.
        let left = astray * wide.left_after(48.0);
        let most = wide.tempo() + std::f64::consts::SQRT_2 * wide.omega * left / wide.period;
        let most_phase = (wide.phase() + std::f64::consts::SQRT_2 * left) / 1e6;
        prop_assert!(tempo < most, "tempo is off by {tempo}, more than {most}");
        prop_assert!(phase < most_phase, "phase is off by {phase} ms, more than {most_phase}");
    }

    #[test]
    fn no_moment_of_any_message_makes_it_panic(
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
            clock.hear(message, Nanos(at));
            clock.reading();
        }
    }
}

#[test]
fn another_tempo_is_followed_within_two_seconds() {
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
        device.clock.hear(ClockMessage::Tick, at);
        device.ticks += 1;
        device.due += 60e9 / 120.0 / 24.0;
    }
    device.play(120.0, 4.0);
    let (_, phase) = device.errors(120.0);
    assert!(phase < 0.5, "off by {phase} ms");
}

#[test]
fn ticks_that_are_held_up_and_catch_up_slowly_are_all_counted() {
    let mut device = Device::new(0.0);
    device.play(120.0, 4.0);
    let period = 60e9 / 120.0 / 24.0;
    for late in [2.6, 2.2, 1.9, 1.4, 1.1, 0.6, 0.2] {
        let at = Nanos((device.due + late * period) as u64);
        device.clock.hear(ClockMessage::Tick, at);
        device.ticks += 1;
        device.due += period;
    }
    device.play(120.0, 4.0);
    let (_, phase) = device.errors(120.0);
    assert!(phase < 0.5, "off by {phase} ms");
}

#[test]
fn it_starts_stops_and_goes_on_at_a_place() {
    let mut clock = ClockIn::default();
    let mut at = 0;
    let mut hear = |message| {
        at += 20_000_000;
        clock.hear(message, Nanos(at))
    };
    assert_eq!(hear(ClockMessage::Tick), Some(ClockNews::Ticked));
    assert_eq!(hear(ClockMessage::Start), None);
    let start = hear(ClockMessage::Tick);
    assert_eq!(start, Some(ClockNews::Starts(Beats::ZERO)));
    for _ in 0..24 {
        hear(ClockMessage::Tick);
    }
    assert_eq!(hear(ClockMessage::Stop), Some(ClockNews::Stops));
    assert_eq!(hear(ClockMessage::Stop), None);
    hear(ClockMessage::Continue);
    let on = hear(ClockMessage::Tick);
    assert_eq!(on, Some(ClockNews::Starts(Beats::new(25, 24))));
    hear(ClockMessage::Position(8));
    hear(ClockMessage::Continue);
    let there = hear(ClockMessage::Tick);
    assert_eq!(there, Some(ClockNews::Starts(Beats::whole(2))));
}

#[test]
fn it_knows_that_the_device_is_gone() {
    let mut clock = ClockIn::default();
    assert!(!clock.is_heard(Nanos(0)));
    clock.hear(ClockMessage::Tick, Nanos(1_000_000));
    assert!(clock.is_heard(Nanos(200_000_000)));
    assert!(!clock.is_heard(Nanos(300_000_000)));
}
