{# Views are copied into a release, another file: a relation that names the build database would break there. #}
{% macro ref() -%}
    {{ return(builtins.ref(*varargs, **kwargs).include(database=false)) }}
{%- endmacro %}
