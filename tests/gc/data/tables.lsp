;; SPDX-License-Identifier: MIT
;; tables.lsp - an old vector and a hash table that take up young objects.

(defvar *size* 20000)
(defvar *old* (make-array *size* :initial-element nil))
(defvar *table* (make-hash-table :test #'equal))
(defvar *seed* 42)

(defun next (bound)
  (setf *seed* (mod (+ (* *seed* 1103515245) 12345) 2147483648))
  (mod (floor *seed* 64) bound))

(defun tree (depth)
  (if (zerop depth) (list 1) (cons (tree (1- depth)) (tree (1- depth)))))

(defun leaves (tree)
  (cond ((null tree) 0)
        ((consp tree) (+ (leaves (car tree)) (leaves (cdr tree))))
        (t 1)))

(dotimes (i 60000)
  (setf (aref *old* (next *size*)) (tree (mod i 4)))
  (setf (gethash (format nil "key ~d" (next 3000)) *table*) i))

(format t "~d~%" (reduce #'+ (map 'list #'leaves *old*)))
(format t "~d~%" (let ((sum 0))
                   (maphash (lambda (key value) (incf sum (* (length key) value))) *table*)
                   sum))
(ext:quit 7)
