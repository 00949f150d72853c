//! Timers.

use std::time::Duration;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::call::Call;
use super::shapes::Coroutine;

/// A timer on the I/O thread.
///
/// Parameters
/// ----------
/// delay
///     Seconds. Zero and less lets the event loop turn once.
/// result
///     What it gives.
/// told
///     That it is never awaited is told.
///
/// Raises
/// ------
/// TypeError, ValueError
///     When it is awaited, where the delay is no number, or NaN.
#[pyfunction]
#[pyo3(signature = (delay, result = None, told = false))]
pub fn sleep(delay: &Bound<'_, PyAny>, result: Option<Py<PyAny>>, told: bool) -> Coroutine {
    let call = timer(delay).unwrap_or_else(Call::failing).carrying(result);
    Coroutine(if told { call.named("sleep") } else { call })
}

fn timer(delay: &Bound<'_, PyAny>) -> PyResult<Call> {
    let seconds = seconds(delay)?;
    if seconds.is_nan() {
        return Err(PyValueError::new_err("delay: expected a number of seconds, got NaN"));
    }
    if seconds <= 0.0 {
        return Ok(Call::turn());
    }
    let duration = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    Ok(Call::until(async move { tokio::time::sleep(duration).await }))
}

fn seconds(delay: &Bound<'_, PyAny>) -> PyResult<f64> {
    let py = delay.py();
    match delay.extract::<f64>() {
        // An int beyond floats is still a number: for ever, or not at all.
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(if delay.gt(0)? { f64::INFINITY } else { 0.0 }),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            let given = delay.get_type().name()?;
            Err(PyTypeError::new_err(format!("delay: expected a number of seconds, got {given}")))
        }
        extracted => Ok(extracted?),
    }
}
