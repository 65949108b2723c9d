//! Numbers as jq has them: floats, which keep the digits with which they were written until something is
//! calculated with them.

use std::{cmp::Ordering, fmt, rc::Rc};

/// A number.
#[derive(Debug, Clone)]
pub struct Num {
    float: f64,
    written: Option<Rc<Decimal>>,
}

/// A decimal number: digits times a power of ten. Two with the same value may be written differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    is_negative: bool,
    /// The digits, without leading zeros; "0" for zero.
    digits: String,
    exponent: i64,
}

impl Num {
    /// The result of a calculation.
    pub fn new(float: f64) -> Self {
        Self {
            float,
            written: None,
        }
    }

    /// A number with all its digits.
    pub fn written(decimal: Decimal) -> Self {
        Self {
            float: decimal.to_f64(),
            written: Some(Rc::new(decimal)),
        }
    }

    /// Its value as a float.
    pub fn float(&self) -> f64 {
        self.float
    }

    /// The digits with which it was written.
    pub fn decimal(&self) -> Option<&Decimal> {
        self.written.as_deref()
    }

    /// The number without its sign.
    pub fn negated(&self) -> Self {
        match &self.written {
            Some(decimal) if self.float != 0.0 => Self::written(Decimal {
                is_negative: !decimal.is_negative,
                ..decimal.as_ref().clone()
            }),
            _ => Self::new(-self.float),
        }
    }

    /// jq's order: exact between numbers as they were written. NaN is less than any number.
    pub fn compare(&self, other: &Self) -> Ordering {
        if let (Some(one), Some(other)) = (self.decimal(), other.decimal())
            && self.float.is_finite()
            && other.to_f64().is_finite()
        {
            return one.compare(other);
        }
        match self.float.partial_cmp(&other.float) {
            Some(order) => order,
            None if self.float.is_nan() => Ordering::Less,
            None => Ordering::Greater,
        }
    }
}

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.written {
            Some(decimal) => decimal.fmt(f),
            None => f.write_str(&float_text(self.float)),
        }
    }
}

impl Decimal {
    /// Reads a number such as `-12.50e3`. `None`: it is none.
    pub fn read(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => {
                let (mantissa, exponent) = rest.split_at(at);
                (mantissa, power(exponent.get(1..)?)?)
            }
            None => (rest, 0),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, decimals].concat();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        Some(Self {
            is_negative,
            digits: match significant {
                "" => "0".to_owned(),
                digits => digits.to_owned(),
            },
            exponent: exponent.checked_sub(i64::try_from(decimals.len()).ok()?)?,
        })
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        let sign = if self.is_negative { "-" } else { "" };
        let text = format!("{sign}{}e{}", self.digits, self.exponent);
        text.parse().unwrap_or(f64::NAN)
    }

    /// The exact integer that it is, if it is written as one.
    pub fn integer(&self) -> Option<i128> {
        /// More digits do not fit.
        const MAX_DIGITS: usize = 30;
        if self.exponent != 0 || self.digits.len() > MAX_DIGITS {
            return None;
        }
        let whole: i128 = self.digits.parse().ok()?;
        Some(if self.is_negative { -whole } else { whole })
    }

    fn is_zero(&self) -> bool {
        self.digits == "0"
    }

    fn compare(&self, other: &Self) -> Ordering {
        let sign = |one: &Self| match (one.is_zero(), one.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let signs = sign(self).cmp(&sign(other));
        if signs != Ordering::Equal || self.is_zero() {
            return signs;
        }
        let size = |one: &Self| one.digits.len() as i64 + one.exponent;
        let padded = |one: &Self, other: &Self| {
            let width = one.digits.len().max(other.digits.len());
            format!("{:0<width$}", one.digits)
        };
        let order = size(self)
            .cmp(&size(other))
            .then_with(|| padded(self, other).cmp(&padded(other, self)));
        if self.is_negative {
            order.reverse()
        } else {
            order
        }
    }
}

/// The exponent of a number, within what floats and memory can stand.
fn power(text: &str) -> Option<i64> {
    const MAX: i64 = 999_999_999;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let power = digits.parse().unwrap_or(MAX).min(MAX);
    Some(if text.starts_with('-') { -power } else { power })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        let length = self.digits.len() as i64;
        let leading = length + self.exponent - 1;
        if self.exponent <= 0 && leading >= -6 {
            let point = length + self.exponent;
            return match usize::try_from(point) {
                Ok(point) if point > 0 => {
                    let (whole, decimals) = self.digits.split_at(point.min(self.digits.len()));
                    match decimals {
                        "" => write!(f, "{sign}{whole}"),
                        decimals => write!(f, "{sign}{whole}.{decimals}"),
                    }
                }
                _ => {
                    let zeros = usize::try_from(-point).unwrap_or(0);
                    write!(f, "{sign}0.{}{}", "0".repeat(zeros), self.digits)
                }
            };
        }
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{sign}{first}{point}{rest}E{leading:+}")
    }
}

/// A calculated number as jq writes it.
pub fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "null".to_owned();
    }
    let float = float.clamp(-f64::MAX, f64::MAX);
    if float == 0.0 {
        return if float.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let sign = if float < 0.0 { "-" } else { "" };
    let scientific = format!("{:e}", float.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i64>().unwrap_or(0) + 1;
    let length = digits.len() as i64;
    if point <= -4 || point > length + 15 {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent = point - 1;
        let letter = if exponent < 0 { "e-" } else { "e+" };
        return format!("{sign}{first}{dot}{rest}{letter}{:02}", exponent.abs());
    }
    match usize::try_from(point) {
        Ok(point) if point > 0 => {
            if point >= digits.len() {
                format!("{sign}{digits:0<point$}")
            } else {
                let (whole, decimals) = digits.split_at(point);
                format!("{sign}{whole}.{decimals}")
            }
        }
        _ => {
            let zeros = usize::try_from(-point).unwrap_or(0);
            format!("{sign}0.{}{digits}", "0".repeat(zeros))
        }
    }
}
