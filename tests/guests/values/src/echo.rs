//! `echo` and `control`: values returned as they came, or passed on to the host's `echo`.

use std::cell::Cell;

use wit_bindgen::rt::Map;

use crate::Component;
use crate::exports::tidegate::values::{control, echo};
use crate::tidegate::values::echo as host;
use crate::tidegate::values::types::{
    Color, Many, Number, Padded, Permissions, Person, Point, Shape, Team,
};

thread_local! {
    static FORWARD: Cell<bool> = const { Cell::new(false) };
}

fn forwards() -> bool {
    FORWARD.get()
}

impl control::Guest for Component {
    fn forward(on: bool) {
        FORWARD.set(on);
    }
}

/// `name(value: Type) = what the import wants`, whose result has the parameter's type.
macro_rules! echoes {
    ($($name:ident($v:ident: $ty:ty) = $passed:expr;)*) => {
        $(fn $name($v: $ty) -> $ty {
            if forwards() { host::$name($passed) } else { $v }
        })*
    };
}

/// The parameters of `sixteen`, and one more for `seventeen`.
macro_rules! flat {
    ($name:ident, $($last:ident)?) => {
        #[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
        fn $name(
            a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64,
            i: f32, j: f64, k: bool, l: char, m: String, n: u8, o: u8, $($last: u8)?
        ) -> String {
            if forwards() {
                return host::$name(a, b, c, d, e, f, g, h, i, j, k, l, &m, n, o, $($last)?);
            }
            let values = format!("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o}");
            $(let values = format!("{values} {}", $last);)?
            values
        }
    };
}

impl echo::Guest for Component {
    echoes! {
        echo_bool(v: bool) = v;
        echo_u8(v: u8) = v;
        echo_s8(v: i8) = v;
        echo_u16(v: u16) = v;
        echo_s16(v: i16) = v;
        echo_u32(v: u32) = v;
        echo_s32(v: i32) = v;
        echo_u64(v: u64) = v;
        echo_s64(v: i64) = v;
        echo_f32(v: f32) = v;
        echo_f64(v: f64) = v;
        echo_char(v: char) = v;
        echo_string(v: String) = &v;

        echo_list_bool(v: Vec<bool>) = &v;
        echo_list_u8(v: Vec<u8>) = &v;
        echo_list_s8(v: Vec<i8>) = &v;
        echo_list_u16(v: Vec<u16>) = &v;
        echo_list_s16(v: Vec<i16>) = &v;
        echo_list_u32(v: Vec<u32>) = &v;
        echo_list_s32(v: Vec<i32>) = &v;
        echo_list_u64(v: Vec<u64>) = &v;
        echo_list_s64(v: Vec<i64>) = &v;
        echo_list_f32(v: Vec<f32>) = &v;
        echo_list_f64(v: Vec<f64>) = &v;
        echo_list_char(v: Vec<char>) = &v;
        echo_list_string(v: Vec<String>) = &v;
        echo_list_point(v: Vec<Point>) = &v;
        echo_list_person(v: Vec<Person>) = &v;
        echo_list_shape(v: Vec<Shape>) = &v;
        echo_list_option(v: Vec<Option<u16>>) = &v;
        echo_deep_list(v: Vec<Vec<Vec<String>>>) = &v;

        echo_color(v: Color) = v;
        echo_permissions(v: Permissions) = v;
        echo_many(v: Many) = v;
        echo_point(v: Point) = v;
        echo_person(v: Person) = &v;
        echo_team(v: Team) = &v;
        echo_padded(v: Padded) = v;
        echo_tuple(v: (u8, String, f32)) = (v.0, &v.1, v.2);
        echo_nested_tuple(v: ((bool, i64), Vec<(char, u8)>)) = (v.0, &v.1);
        echo_shape(v: Shape) = &v;
        echo_number(v: Number) = v;
        echo_map(v: Map<String, u32>) = &v;
        echo_map_of_lists(v: Map<u16, Vec<String>>) = &v;

        echo_option(v: Option<u32>) = v;
        echo_option_string(v: Option<String>) = v.as_deref();
        echo_nested_option(v: Option<Option<String>>) = v.as_ref().map(Option::as_deref);
        echo_option_bool(v: Option<Option<Option<bool>>>) = v;

        echo_result(v: Result<String, u32>) = v.as_deref().map_err(|e| *e);
        echo_result_ok(v: Result<u8, ()>) = v;
        echo_result_error(v: Result<(), String>) = v.as_ref().copied().map_err(String::as_str);
        echo_result_empty(v: Result<(), ()>) = v;
        echo_result_record(v: Result<Person, Shape>) = v.as_ref();
        echo_result_in_option(v: Option<Result<Vec<u8>, Option<char>>>) =
            v.as_ref().map(|v| v.as_deref().map_err(|e| *e));
        echo_nested_result(v: Result<Result<u8, String>, Result<(), u8>>) =
            v.as_ref().map(|v| v.as_ref().map(|v| *v).map_err(String::as_str)).map_err(|e| *e);
    }

    flat!(sixteen,);
    flat!(seventeen, p);

    fn nothing() {
        if forwards() {
            host::nothing();
        }
    }
}
