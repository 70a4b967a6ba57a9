<?php
/**
 * One table: which comment has which id at the service, how it stands there, and what the service has yet to hear.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery -- a table of our own, whose rows are changed by conditional updates.

const TABLE_VERSION = '1';
const ERASED        = 'erased';
const DUE_ACTION    = 'moderation_service_due';

/**
 * The table's name.
 *
 * @return string
 */
function table() {
	global $wpdb;
	return $wpdb->prefix . 'moderation_service';
}

/**
 * Make the table, or bring it up to date: once for each version of it.
 */
function prepare_table() {
	if ( get_option( 'moderation_service_table' ) === TABLE_VERSION ) {
		return;
	}
	global $wpdb;
	$table   = table();
	$seen    = $table . '_seen';
	$collate = $wpdb->get_charset_collate();
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	// `due_at` is null when the service has heard everything; times are in Unix seconds.
	dbDelta(
		"CREATE TABLE $table (
		remote_id varchar(64) NOT NULL,
		comment_id bigint(20) unsigned NOT NULL DEFAULT 0,
		state varchar(10) NOT NULL DEFAULT '',
		version int(10) unsigned NOT NULL DEFAULT 0,
		verdict longtext NULL,
		todo_submit tinyint(1) NOT NULL DEFAULT 0,
		todo_decision varchar(10) NOT NULL DEFAULT '',
		todo_erase tinyint(1) NOT NULL DEFAULT 0,
		note varchar(200) NOT NULL DEFAULT '',
		changes int(10) unsigned NOT NULL DEFAULT 0,
		tries int(10) unsigned NOT NULL DEFAULT 0,
		due_at bigint(20) unsigned NULL,
		claimed_until bigint(20) unsigned NOT NULL DEFAULT 0,
		trouble varchar(500) NOT NULL DEFAULT '',
		PRIMARY KEY  (remote_id),
		KEY comment_id (comment_id),
		KEY due_at (due_at)
		) $collate;"
	);
	dbDelta(
		"CREATE TABLE $seen (
		signature char(64) NOT NULL,
		seen_at bigint(20) unsigned NOT NULL,
		PRIMARY KEY  (signature),
		KEY seen_at (seen_at)
		) $collate;"
	);
	update_option( 'moderation_service_table', TABLE_VERSION );
}

/**
 * The record of a comment, or null.
 *
 * @param int $comment_id WordPress's id.
 * @return object|null
 */
function record_of( $comment_id ) {
	global $wpdb;
	// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- the table's name is ours.
	return $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . table() . ' WHERE comment_id = %d', $comment_id ) );
}

/**
 * The record of an id at the service, or null.
 *
 * @param string $remote_id The service's.
 * @return object|null
 */
function record( $remote_id ) {
	global $wpdb;
	// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- the table's name is ours.
	return $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . table() . ' WHERE remote_id = %s', $remote_id ) );
}

/**
 * Begin the record of a comment.
 *
 * @param string $remote_id  Its id at the service, from new_id().
 * @param int    $comment_id WordPress's id.
 */
function add_record( $remote_id, $comment_id ) {
	global $wpdb;
	$wpdb->insert(
		table(),
		array(
			'remote_id'  => $remote_id,
			'comment_id' => $comment_id,
		)
	);
}

/**
 * An id for the service. WordPress's own comes too late, and comes again when a backup is restored.
 *
 * @return string
 */
function new_id() {
	return 'wp-' . wp_generate_uuid4();
}

/**
 * Write down that the service has to hear something. What is named joins what waits already.
 *
 * @param string               $remote_id The service's id of the comment.
 * @param array<string, mixed> $todo      Of `todo_submit`, `todo_decision`, `todo_erase`, `note`, `comment_id`.
 * @param int                  $delay     In how many seconds, at the earliest.
 */
function tell_later( $remote_id, array $todo, $delay = 0 ) {
	global $wpdb;
	$sets = array( 'changes = changes + 1', $wpdb->prepare( 'due_at = %d', time() + $delay ), 'tries = 0' );
	foreach ( $todo as $name => $value ) {
		$sets[] = $name . ' = ' . $wpdb->prepare( is_int( $value ) ? '%d' : '%s', $value );
	}
	// phpcs:ignore WordPress.DB.PreparedSQL -- each part is prepared above; the names are ours.
	$wpdb->query( 'UPDATE ' . table() . ' SET ' . implode( ', ', $sets ) . $wpdb->prepare( ' WHERE remote_id = %s', $remote_id ) );
	if ( ! $delay ) {
		/** Something became due in this request, which sends it when it ends. */
		do_action( DUE_ACTION );
	}
}

/**
 * How many comments the service has yet to hear of, and what was wrong with the last try.
 *
 * @return array{count: int, trouble: string}
 */
function waiting() {
	global $wpdb;
	// phpcs:ignore WordPress.DB.PreparedSQL -- the table's name is ours.
	$row = $wpdb->get_row( 'SELECT COUNT(*) AS many, MAX(trouble) AS trouble FROM ' . table() . ' WHERE due_at IS NOT NULL' );
	return array(
		'count'   => $row ? (int) $row->many : 0,
		'trouble' => $row ? (string) $row->trouble : '',
	);
}

/**
 * Work on one comment while nobody else does. The database gives the lock back when the request ends.
 *
 * @param string   $remote_id The service's id of the comment.
 * @param callable $work      Called with the fresh record, or null where there is none.
 * @return mixed What *work* returns; false when the lock could not be had.
 */
function with_lock( $remote_id, callable $work ) {
	global $wpdb;
	$name = substr( md5( $wpdb->dbname . table() . $remote_id ), 0, 30 );
	if ( '1' !== $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK(%s, 10)', $name ) ) ) {
		return false;
	}
	try {
		return $work( record( $remote_id ) );
	} finally {
		$wpdb->query( $wpdb->prepare( 'DO RELEASE_LOCK(%s)', $name ) );
	}
}
