;; SPDX-License-Identifier: MIT
;; tables.lsp - a program in Common Lisp that allocates: a vector of trees stays alive, others
;; are built and dropped, and now and then one of them is put into the vector.  Prints a
;; checksum that depends on nothing but this file.

(defvar *size* 30000)
(defvar *rounds* 75)
(defvar *made-per-round* 5000)
(defvar *table* (make-array *size* :initial-element nil))
(defvar *state* 1)

(defun random-below (bound)
  (setf *state* (mod (+ (* *state* 1103515245) 12345) 2147483648))
  (mod (floor *state* 64) bound))

(defun tree (depth)
  (if (zerop depth)
      (list (random-below 1000))
      (cons (tree (1- depth)) (tree (1- depth)))))

(defun weight (tree)
  (cond ((null tree) 0)
        ((consp tree) (+ (weight (car tree)) (weight (cdr tree))))
        (t tree)))

(defvar *sum* 0)
(dotimes (round *rounds*)
  (dotimes (i *made-per-round*)
    (let ((made (tree (mod i 5))))
      (when (zerop (mod i 3))
        (setf (aref *table* (random-below *size*)) made))
      (setf *sum* (mod (+ *sum* (weight made)) 1000000007)))))
(loop for tree across *table*
      do (setf *sum* (mod (+ (* 31 *sum*) (weight tree)) 1000000007)))
(format t "checksum ~d~%" *sum*)
(ext:quit 0)
