//! MIDI controllers by name, and their values.

use serde_json::Value;

use super::{calls::Controller, value_error::ValueError, velocity};

/// The names of controllers, as in General MIDI.
pub(super) const CONTROLLERS: [(&str, u8); 33] = [
    ("modulation", 1),
    ("breath", 2),
    ("foot", 4),
    ("portamento-time", 5),
    ("volume", 7),
    ("balance", 8),
    ("pan", 10),
    ("expression", 11),
    ("sustain", 64),
    ("portamento", 65),
    ("sostenuto", 66),
    ("soft", 67),
    ("legato", 68),
    ("hold", 69),
    ("variation", 70),
    ("resonance", 71),
    ("release", 72),
    ("attack", 73),
    ("cutoff", 74),
    ("brightness", 74),
    ("decay", 75),
    ("vibrato-rate", 76),
    ("vibrato-depth", 77),
    ("vibrato-delay", 78),
    ("reverb", 91),
    ("tremolo", 92),
    ("chorus", 93),
    ("detune", 94),
    ("phaser", 95),
    ("mod", 1),
    ("all-sound-off", 120),
    ("reset-controllers", 121),
    ("all-notes-off", 123),
];

/// The controller that `cc` names: a name, or a number.
pub fn controller(value: &Value) -> Result<Controller, ValueError> {
    let number = match value {
        Value::String(text) => {
            let named = CONTROLLERS.iter().find(|(name, _)| name == text);
            named.map(|(_, number)| *number)
        }
        _ => {
            let number = value.as_u64().filter(|number| *number < 128);
            number.and_then(|number| u8::try_from(number).ok())
        }
    };
    number.map(Controller::Cc).ok_or_else(|| {
        let names: Vec<&str> = CONTROLLERS.iter().map(|(name, _)| *name).collect();
        format!(
            "expected a controller: a number from 0 to 127, or one of {}",
            names.join(", ")
        )
        .into()
    })
}

/// The value of a controller in MIDI units.
pub fn value(controller: Controller, given: &Value) -> Result<u16, ValueError> {
    let within = |max: u16, what: &str| {
        let number = given.as_f64().map(f64::round);
        let number = number.filter(|number| (0.0..=f64::from(max)).contains(number));
        number
            .map(|number| number as u16)
            .ok_or_else(|| format!("{what} must be a number from 0 to {max}").into())
    };
    match controller {
        Controller::Cc(_) => within(127, "the value of a controller"),
        Controller::Pressure => within(127, "a pressure"),
        Controller::Program => within(127, "a program"),
        Controller::Bank => within(16_383, "a bank"),
        Controller::Bend => {
            let bend = given.as_f64().filter(|bend| (-1.0..=1.0).contains(bend));
            let bend = bend.ok_or("a bend must be a number from -1 (down) to 1 (up)")?;
            let reach = if bend < 0.0 { 8192.0 } else { 8191.0 };
            Ok((8192.0 + bend * reach).round() as u16)
        }
    }
}

/// The value of a controller as a score writes it: a share, such as 0.8, is not meant as one of 0 to 127.
pub fn written_value(controller: Controller, given: &Value) -> Result<u16, ValueError> {
    match (controller, given.as_f64()) {
        (Controller::Cc(_) | Controller::Pressure, Some(share)) if share > 0.0 && share < 1.0 => {
            let expected = "the value of a controller is a number from 0 to 127";
            Err(velocity::share(expected, share))
        }
        _ => value(controller, given),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn controller_values_are_in_midi_units() {
        let bend = |bend| value(Controller::Bend, &json!(bend));
        assert_eq!(
            (bend(-1.0), bend(0.0), bend(1.0)),
            (Ok(0), Ok(8192), Ok(16_383))
        );
        assert!(bend(1.5).is_err());
        assert_eq!(value(Controller::Cc(7), &json!(99.6)), Ok(100));
        assert!(value(Controller::Cc(7), &json!(128)).is_err());
        assert_eq!(value(Controller::Cc(7), &json!(0.4)), Ok(0));
        let message = written_value(Controller::Cc(7), &json!(0.8))
            .unwrap_err()
            .message;
        assert!(message.contains("for 80 % write 102"), "{message}");
        assert!(written_value(Controller::Pressure, &json!(0.5)).is_err());
        assert_eq!(written_value(Controller::Cc(7), &json!(1)), Ok(1));
        assert!(written_value(Controller::Bend, &json!(0.8)).is_ok());
        assert_eq!(value(Controller::Bank, &json!(16_383)), Ok(16_383));
        assert_eq!(controller(&json!("pan")), Ok(Controller::Cc(10)));
        assert_eq!(controller(&json!(74)), Ok(Controller::Cc(74)));
        assert!(controller(&json!(128)).is_err());
        let error = controller(&json!("loud")).unwrap_err();
        assert!(error.message.contains("volume"));
    }
}
