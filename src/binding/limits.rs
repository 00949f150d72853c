//! Limits and retries: Python values into engine values.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyMapping, PyString, PyType};

use super::error::{self, class_name};
use super::extract::{Options, count, expected, flag, seconds};
use super::names::Name;
use crate::engine::config::{Failures, HostLimits, Limits, Rate, Retry, Share};

/// The options of a call that are limits.
pub const LIMITS: [&str; 8] = ["concurrency", "per_host", "rate", "per_host_rate", "burst", "min_delay", "hosts", "per_site"];

/// A positive number.
fn positive(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    let number: Option<f64> = if value.is_instance_of::<PyBool>() { None } else { value.extract().ok() };
    match number {
        Some(number) if number > 0.0 && number.is_finite() => Ok(number),
        Some(number) => Err(PyValueError::new_err(format!("{argument}: expected a positive number, got {number}"))),
        None => Err(expected(argument, "a positive number", value)),
    }
}

/// A bound per host: a count, "auto", or None for none.
fn share(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Share> {
    if value.is_none() {
        return Ok(Share::Whole);
    }
    if value.is_instance_of::<PyString>() {
        if value.eq("auto")? {
            return Ok(Share::Auto);
        }
        return Err(PyValueError::new_err(format!(
            "{argument}: expected a whole number, \"auto\" or None, got {}",
            value.repr()?
        )));
    }
    if !value.is_instance_of::<PyInt>() {
        return Err(expected(argument, "a whole number, \"auto\" or None", value));
    }
    count(argument, value).map(Share::Fixed)
}

/// The limits of some hosts.
fn hosts(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, HostLimits)>> {
    let wrong = || expected(argument, "a mapping of hosts to HostLimits", value);
    let mapping = value.cast::<PyMapping>().map_err(|_| wrong())?;
    let mut limits = Vec::new();
    for pair in mapping.items()? {
        let (host, own): (String, Bound<'_, PyAny>) = pair.extract().map_err(|_| wrong())?;
        let part = |name: &str| own.getattr(name).map_err(|_| expected(&format!("{argument}['{host}']"), "HostLimits", &own));
        let named = |name: &str| format!("{argument}['{host}'].{name}");
        let burst = optional(&part("burst")?, |value| count(&named("burst"), value))?;
        let rate = optional(&part("rate")?, |value| positive(&named("rate"), value))?;
        let own = HostLimits {
            concurrency: share(&named("concurrency"), &part("concurrency")?)?,
            rate: rate.map(|per_second| Rate { per_second, burst }),
            min_delay: seconds(&named("min_delay"), &part("min_delay")?)?,
        };
        limits.push((host.to_ascii_lowercase(), own));
    }
    Ok(limits)
}

fn optional<'py, T>(value: &Bound<'py, PyAny>, read: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>) -> PyResult<Option<T>> {
    if value.is_none() { Ok(None) } else { read(value).map(Some) }
}

/// A `Limits`. A host whose bound is to be found out has so many requests in flight at first.
pub fn limits(value: &Bound<'_, PyAny>, start: usize) -> PyResult<Limits> {
    let part = |name: &str| value.getattr(name).map_err(|_| expected("limits", "Limits", value));
    let burst = optional(&part("burst")?, |value| count("limits.burst", value))?;
    let rate = |name: &str| -> PyResult<Option<Rate>> {
        let rate = optional(&part(name)?, |value| positive(&format!("limits.{name}"), value))?;
        Ok(rate.map(|per_second| Rate { per_second, burst }))
    };
    Ok(Limits {
        concurrency: count("limits.concurrency", &part("concurrency")?)?,
        rate: rate("rate")?,
        host: HostLimits {
            concurrency: share("limits.per_host", &part("per_host")?)?,
            rate: rate("per_host_rate")?,
            min_delay: seconds("limits.min_delay", &part("min_delay")?)?,
        },
        hosts: optional(&part("hosts")?, |value| hosts("limits.hosts", value))?.unwrap_or_default(),
        per_site: flag("limits.per_site", &part("per_site")?)?,
        start,
    })
}

/// The limits of a call, where it names any: its own in place of the client's.
pub fn of_call(options: &Options<'_, '_>, py: Python<'_>, client: &Arc<Limits>) -> PyResult<Option<Arc<Limits>>> {
    let given = PyDict::new(py);
    for name in LIMITS {
        if let Some(value) = options.some(name)? {
            given.set_item(name, value)?;
        }
    }
    if given.is_empty() {
        return Ok(None);
    }
    let has = |name: &str| given.contains(name);
    // A burst belongs to a rate, and that may be the client's.
    for (name, rate) in [("rate", client.rate), ("per_host_rate", client.host.rate)] {
        if let (true, false, Some(rate)) = (has("burst")?, has(name)?, rate) {
            given.set_item(name, rate.per_second)?;
        }
    }
    // Python knows what is right, and how to say what is wrong.
    let own = limits(&py.import("fastfetch._config")?.getattr("Limits")?.call((), Some(&given))?, client.start)?;
    let with_burst = |own: Option<Rate>, theirs: Option<Rate>| {
        own.map(|own| Rate { burst: own.burst.or(theirs.and_then(|theirs| theirs.burst)), ..own })
    };
    let mut merged = Limits::clone(client);
    if has("concurrency")? {
        merged.concurrency = own.concurrency;
    }
    if has("per_host")? {
        merged.host.concurrency = own.host.concurrency;
    }
    if has("rate")? {
        merged.rate = with_burst(own.rate, merged.rate);
    }
    if has("per_host_rate")? {
        merged.host.rate = with_burst(own.host.rate, merged.host.rate);
    }
    if has("min_delay")? {
        merged.host.min_delay = own.host.min_delay;
    }
    if has("hosts")? {
        merged.hosts = own.hosts;
    }
    if has("per_site")? {
        merged.per_site = own.per_site;
    }
    Ok(Some(Arc::new(merged)))
}

/// A `Retry`, the number of its attempts, True for its defaults, or False or None for none at all.
pub fn retry(value: &Bound<'_, PyAny>) -> PyResult<Option<Arc<Retry>>> {
    static RETRY_OF: Name = Name::of("fastfetch._config", "retry_of");
    if value.is_none() {
        return Ok(None);
    }
    let value = RETRY_OF.get(value.py())?.call1((value,))?;
    if value.is_none() {
        return Ok(None);
    }
    let part = |name: &str| value.getattr(name);
    let duration = |name: &str| -> PyResult<Duration> {
        let number: f64 = part(name)?.extract()?;
        Ok(Duration::try_from_secs_f64(number).unwrap_or(Duration::MAX))
    };
    let methods = part("methods")?.try_iter()?.map(|method| {
        let method: String = method?.extract()?;
        Method::from_bytes(method.as_bytes()).map_err(|_| PyValueError::new_err("retry.methods: expected names of HTTP methods"))
    });
    let statuses = part("statuses")?.try_iter()?.map(|status| status?.extract());
    Ok(Some(Arc::new(Retry {
        attempts: u32::try_from(count("retry.attempts", &part("attempts")?)?).unwrap_or(u32::MAX),
        statuses: statuses.collect::<PyResult<_>>()?,
        failures: failures(&part("errors")?)?,
        backoff: duration("backoff")?,
        jitter: part("jitter")?.extract()?,
        max_wait: duration("max_wait")?,
        budget: part("budget")?.extract()?,
        methods: methods.collect::<PyResult<_>>()?,
        respect_retry_after: flag("retry.respect_retry_after", &part("respect_retry_after")?)?,
    })))
}

/// The kinds of failures that these exception classes and their subclasses stand for. What another attempt cannot mend counts
/// only where it is named itself.
fn failures(classes: &Bound<'_, PyAny>) -> PyResult<Failures> {
    const HOPELESS: [&str; 2] = ["CertificateError", "PoolTimeout"];
    let mut names = HashSet::new();
    let mut left: Vec<(Bound<'_, PyAny>, bool)> = classes.try_iter()?.map(|class| Ok((class?, true))).collect::<PyResult<_>>()?;
    while let Some((class, named)) = left.pop() {
        let class = class.cast_into::<PyType>().map_err(|_| PyTypeError::new_err("retry.errors: expected exception classes"))?;
        let name = class.name()?.to_string();
        if named || !HOPELESS.contains(&name.as_str()) {
            names.insert(name);
        }
        for below in class.call_method0("__subclasses__")?.try_iter()? {
            left.push((below?, false));
        }
    }
    Ok(Failures { names, name: class_name })
}

/// The `Retry` that an engine value was made of.
pub fn retry_to_python<'py>(py: Python<'py>, retry: &Retry) -> PyResult<Bound<'py, PyAny>> {
    let classes: Vec<_> = retry.failures.names.iter().map(|name| error::class(py, name)).collect::<PyResult<_>>()?;
    let parts = PyDict::new(py);
    parts.set_item("attempts", retry.attempts)?;
    parts.set_item("statuses", &retry.statuses)?;
    parts.set_item("errors", classes)?;
    parts.set_item("backoff", retry.backoff.as_secs_f64())?;
    parts.set_item("jitter", retry.jitter)?;
    parts.set_item("max_wait", retry.max_wait.as_secs_f64())?;
    parts.set_item("budget", retry.budget)?;
    parts.set_item("methods", retry.methods.iter().map(Method::as_str).collect::<Vec<_>>())?;
    parts.set_item("respect_retry_after", retry.respect_retry_after)?;
    py.import("fastfetch._config")?.getattr("Retry")?.call((), Some(&parts))
}
