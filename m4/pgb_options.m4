dnl SPDX-License-Identifier: MIT
dnl pgb_options.m4 - options of configure that choose compiler flags.

dnl PGB_ARG_ENABLE_WERROR
dnl Sets WERROR_CFLAGS.  Off by default: a release must build with tomorrow's compiler.
AC_DEFUN([PGB_ARG_ENABLE_WERROR], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [take compiler warnings for errors])],
    [], [enable_werror=no])
  AS_IF([test "$enable_werror" != no], [WERROR_CFLAGS=-Werror], [WERROR_CFLAGS=])
  AC_SUBST([WERROR_CFLAGS])
])

dnl PGB_ARG_ENABLE_SANITIZERS
dnl Sets SANITIZER_CFLAGS, which are needed to compile and to link, and the condition
dnl SANITIZERS.
AC_DEFUN([PGB_ARG_ENABLE_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers], [build with ASan and UBSan])],
    [], [enable_sanitizers=no])
  SANITIZER_CFLAGS=
  AS_IF([test "$enable_sanitizers" != no], [
    SANITIZER_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    SANITIZER_CFLAGS="$SANITIZER_CFLAGS -fno-omit-frame-pointer"
    AC_MSG_CHECKING([whether $CC links with $SANITIZER_CFLAGS])
    pgb_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $SANITIZER_CFLAGS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM],
      [AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])
       AC_MSG_ERROR([the sanitizer libraries of $CC are missing])])
    CFLAGS=$pgb_saved_CFLAGS
  ])
  AC_SUBST([SANITIZER_CFLAGS])
  AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" != no])
])
