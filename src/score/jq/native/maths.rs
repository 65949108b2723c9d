//! Mathematics. The functions are those of `libm`, the same on every machine.

use super::{Native, Table, filters::refused};
use crate::score::jq::{eval::Machine, halt::Halt, value::Val};

/// A function of one number.
macro_rules! one {
    ($name:literal, $function:expr) => {
        (
            $name,
            0,
            Native::Value(|_, value, _| {
                let function: fn(f64) -> f64 = $function;
                number(&value).map(|x| Val::number(function(x)))
            }),
        )
    };
}

/// A function of two numbers.
macro_rules! two {
    ($name:literal, $function:expr) => {
        (
            $name,
            2,
            Native::Value(|_, _, arguments| {
                let function: fn(f64, f64) -> f64 = $function;
                match arguments {
                    [one, other] => Ok(Val::number(function(number(one)?, number(other)?))),
                    _ => Err(Halt::error("two numbers are needed")),
                }
            }),
        )
    };
}

/// A question about a number.
macro_rules! is {
    ($name:literal, $function:expr) => {
        (
            $name,
            0,
            Native::Value(|_, value, _| {
                let function: fn(f64) -> bool = $function;
                number(&value).map(|x| Val::Bool(function(x)))
            }),
        )
    };
}

pub(super) const TABLE: Table = &[
    ("nan", 0, Native::Value(|_, _, _| Ok(Val::number(f64::NAN)))),
    (
        "infinite",
        0,
        Native::Value(|_, _, _| Ok(Val::number(f64::INFINITY))),
    ),
    is!("isnan", f64::is_nan),
    is!("isinfinite", f64::is_infinite),
    is!("isfinite", f64::is_finite),
    is!("isnormal", f64::is_normal),
    ("abs", 0, Native::Value(abs)),
    one!("floor", libm::floor),
    one!("ceil", libm::ceil),
    one!("round", libm::round),
    one!("trunc", libm::trunc),
    one!("rint", libm::rint),
    one!("nearbyint", libm::rint),
    one!("fabs", libm::fabs),
    one!("sqrt", libm::sqrt),
    one!("cbrt", libm::cbrt),
    one!("exp", libm::exp),
    one!("exp2", libm::exp2),
    one!("exp10", |x| libm::pow(10.0, x)),
    one!("expm1", libm::expm1),
    one!("log", libm::log),
    one!("log2", libm::log2),
    one!("log10", libm::log10),
    one!("log1p", libm::log1p),
    one!("logb", |x| match x {
        0.0 => f64::NEG_INFINITY,
        x if x.is_finite() => f64::from(libm::ilogb(x)),
        x => x * x,
    }),
    one!("significand", |x| match x {
        x if x == 0.0 || !x.is_finite() => x,
        x => libm::scalbn(x, -libm::ilogb(x)),
    }),
    one!("gamma", libm::lgamma),
    one!("lgamma", libm::lgamma),
    one!("tgamma", libm::tgamma),
    (
        "lgamma_r",
        0,
        Native::Value(|_, value, _| {
            let (gamma, sign) = libm::lgamma_r(number(&value)?);
            Ok(Val::list(vec![
                Val::number(gamma),
                Val::number(f64::from(sign)),
            ]))
        }),
    ),
    (
        "frexp",
        0,
        Native::Value(|_, value, _| {
            let (mantissa, exponent) = libm::frexp(number(&value)?);
            Ok(Val::list(vec![
                Val::number(mantissa),
                Val::number(f64::from(exponent)),
            ]))
        }),
    ),
    (
        "modf",
        0,
        Native::Value(|_, value, _| {
            let (fraction, whole) = libm::modf(number(&value)?);
            Ok(Val::list(vec![Val::number(fraction), Val::number(whole)]))
        }),
    ),
    one!("sin", libm::sin),
    one!("cos", libm::cos),
    one!("tan", libm::tan),
    one!("asin", libm::asin),
    one!("acos", libm::acos),
    one!("atan", libm::atan),
    one!("sinh", libm::sinh),
    one!("cosh", libm::cosh),
    one!("tanh", libm::tanh),
    one!("asinh", libm::asinh),
    one!("acosh", libm::acosh),
    one!("atanh", libm::atanh),
    one!("erf", libm::erf),
    one!("erfc", libm::erfc),
    one!("j0", libm::j0),
    one!("j1", libm::j1),
    one!("y0", libm::y0),
    one!("y1", libm::y1),
    two!("pow", libm::pow),
    two!("atan2", libm::atan2),
    two!("fmod", libm::fmod),
    two!("fmin", libm::fmin),
    two!("fmax", libm::fmax),
    two!("fdim", libm::fdim),
    two!("hypot", libm::hypot),
    two!("copysign", libm::copysign),
    two!("nextafter", libm::nextafter),
    two!("nexttoward", libm::nextafter),
    two!("drem", libm::remainder),
    two!("remainder", libm::remainder),
    two!("ldexp", |x, exponent| libm::scalbn(x, exponent as i32)),
    two!("scalb", |x, exponent| libm::scalbn(x, exponent as i32)),
    two!("scalbln", |x, exponent| libm::scalbn(x, exponent as i32)),
    two!("jn", |n, x| libm::jn(n as i32, x)),
    two!("yn", |n, x| libm::yn(n as i32, x)),
    (
        "fma",
        3,
        Native::Value(|_, _, arguments| match arguments {
            [x, y, z] => Ok(Val::number(libm::fma(number(x)?, number(y)?, number(z)?))),
            _ => Err(Halt::error("three numbers are needed")),
        }),
    ),
];

fn number(value: &Val) -> Result<f64, Halt> {
    value
        .as_float()
        .ok_or_else(|| refused(value, "number required"))
}

/// The negative of what is less than 0, which only numbers can be turned into.
fn abs(_: &Machine<'_>, value: Val, _: &[Val]) -> Result<Val, Halt> {
    match &value {
        Val::Num(number) if number.float() < 0.0 => Ok(Val::Num(number.negated())),
        Val::Null | Val::Bool(_) => Err(refused(&value, "cannot be negated")),
        _ => Ok(value),
    }
}
