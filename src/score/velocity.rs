//! Velocities as scores write them: numbers from 1 to 127. A share, such as 0.8, is never meant as one of them,
//! so it is refused with the number that it stands for.

use serde_json::Value;

use super::value_error::ValueError;
use crate::music::Velocity;

const EXPECTED: &str = "a velocity is a number from 1 to 127";

/// The velocity that a number means.
pub fn of_value(value: &Value) -> Result<Velocity, ValueError> {
    let number = value.as_f64().ok_or(EXPECTED)?;
    if number > 0.0 && number < 1.0 {
        return Err(share(EXPECTED, number));
    }
    match number.round() {
        whole if (1.0..=127.0).contains(&whole) => {
            Velocity::new(whole as u8).ok_or_else(|| EXPECTED.into())
        }
        _ => Err(EXPECTED.into()),
    }
}

/// The velocity that a word in a pattern means.
pub fn of_word(word: &str) -> Result<Velocity, ValueError> {
    if let Some(velocity) = word.parse().ok().and_then(Velocity::new) {
        return Ok(velocity);
    }
    let expected = format!("`{word}` is not a velocity");
    match word.parse::<f64>() {
        Ok(number) if word.contains('.') && number > 0.0 && number <= 1.0 => {
            Err(share(&expected, number))
        }
        _ => Err(format!("{expected}: write a number from 1 to 127").into()),
    }
}

/// Refuses a share where a number up to 127 belongs.
pub fn share(expected: &str, number: f64) -> ValueError {
    let whole = (number * 127.0).round().max(1.0);
    let percent = number * 100.0;
    format!("{expected}: for {percent:.0} % write {whole}").into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_share_is_refused_with_the_number_to_write() {
        for share in [json!(0.8), json!(0.004)] {
            let message = of_value(&share).unwrap_err().message;
            assert!(message.contains(" % write "), "{share}: {message}");
        }
        let message = of_value(&json!(0.8)).unwrap_err().message;
        assert!(message.contains("for 80 % write 102"), "{message}");
        let message = of_word("0.8").unwrap_err().message;
        assert!(message.contains("for 80 % write 102"), "{message}");
        assert!(of_word("1.0").unwrap_err().message.contains("write 127"));
        assert_eq!(of_value(&json!(1)).ok(), Velocity::new(1));
        assert_eq!(of_value(&json!(99.6)).ok(), Velocity::new(100));
        assert_eq!(of_word("127").ok(), Velocity::new(127));
        for wrong in [json!(0), json!(128), json!("80"), json!(-0.5)] {
            assert!(of_value(&wrong).is_err(), "{wrong}");
        }
        for wrong in ["0", "128", "loud", "80.5", "nan"] {
            let message = of_word(wrong).unwrap_err().message;
            assert!(message.contains("is not a velocity"), "{message}");
        }
    }
}
