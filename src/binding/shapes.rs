//! What type checkers are told of a call.

use std::convert::Infallible;

use pyo3::PyTypeInfo;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;

use super::call::Call;

/// A call as what `__await__` is declared to return; as a generator it only iterates, which is all that an await needs.
pub struct Generator<'py>(pub Bound<'py, Call>);

impl<'py> IntoPyObject<'py> for Generator<'py> {
    type Target = Call;
    type Output = Bound<'py, Call>;
    type Error = Infallible;
    const OUTPUT_TYPE: PyStaticExpr = PyStaticExpr::Subscript {
        value: &PyStaticExpr::Attribute { value: &PyStaticExpr::Name { id: "collections.abc" }, attr: "Generator" },
        slice: &PyStaticExpr::Tuple { elts: &[PyAny::TYPE_HINT, PyAny::TYPE_HINT, PyAny::TYPE_HINT] },
    };

    fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(self.0)
    }
}

/// A call as what a coroutine function returns.
pub struct Coroutine(pub Call);

impl<'py> IntoPyObject<'py> for Coroutine {
    type Target = Call;
    type Output = Bound<'py, Call>;
    type Error = PyErr;
    const OUTPUT_TYPE: PyStaticExpr = PyStaticExpr::Subscript {
        value: &PyStaticExpr::Attribute { value: &PyStaticExpr::Name { id: "collections.abc" }, attr: "Coroutine" },
        slice: &PyStaticExpr::Tuple { elts: &[PyAny::TYPE_HINT, PyAny::TYPE_HINT, PyAny::TYPE_HINT] },
    };

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        Bound::new(py, self.0)
    }
}
