dnl SPDX-License-Identifier: BSD-2-Clause
dnl PAT_CC_FLAG(VARIABLE, FLAG): appends FLAG when the compiler takes it without a word.
AC_DEFUN([PAT_CC_FLAG], [
  AS_VAR_PUSHDEF([cached], [pat_cv_cc_flag_$2])
  AC_CACHE_CHECK([whether $CC takes $2], [cached], [
    pat_saved="$CFLAGS"
    CFLAGS="$CFLAGS -Werror $2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cached], [yes])],
                      [AS_VAR_SET([cached], [no])])
    CFLAGS="$pat_saved"])
  AS_VAR_IF([cached], [yes], [AS_VAR_APPEND([$1], [" $2"])])
  AS_VAR_POPDEF([cached])
])
dnl PAT_LD_FLAG(VARIABLE, FLAG): the same for the linker.
AC_DEFUN([PAT_LD_FLAG], [
  AS_VAR_PUSHDEF([cached], [pat_cv_ld_flag_$2])
  AC_CACHE_CHECK([whether the linker takes $2], [cached], [
    pat_saved="$LDFLAGS"
    LDFLAGS="$LDFLAGS -Werror $2"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([cached], [yes])],
                   [AS_VAR_SET([cached], [no])])
    LDFLAGS="$pat_saved"])
  AS_VAR_IF([cached], [yes], [AS_VAR_APPEND([$1], [" $2"])])
  AS_VAR_POPDEF([cached])
])
