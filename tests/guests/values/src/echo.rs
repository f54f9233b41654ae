//! `echo` and `control`.

use std::cell::Cell;

use crate::Component;
use crate::exports::tidegate::values::{control, echo};
use crate::tidegate::values::echo as host;
use crate::tidegate::values::types::*;

