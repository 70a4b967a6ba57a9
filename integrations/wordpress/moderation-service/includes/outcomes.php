<?php
/**
 * What the service decided becomes a comment's status here.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const STATUS_OF = array(
	'published' => '1',
	'held'      => '0',
	'rejected'  => 'trash',
	'spam'      => 'spam',
	'erased'    => 'trash',
);

/**
 * Take over a verdict, unless it is known, or older than what was decided here.
 *
 * @param string               $remote_id The service's id of the comment.
 * @param array<string, mixed> $verdict   An answer of the API, or the `data` of an event.
 * @return bool False when it could not be looked at just now: ask again.
 */
function take_verdict( $remote_id, array $verdict ) {
	return with_lock(
		$remote_id,
		static function ( $record ) use ( $remote_id, $verdict ) {
			if ( ! $record || ERASED === $record->state ) {
				return true;
			}
			$is_news = (int) $verdict['version'] > (int) $record->version;
			if ( $is_news || isset( $verdict['dashboard_url'] ) ) {
				keep_verdict( $record, $verdict, $is_news );
			}
			if ( $is_news && '' === $record->todo_decision && ! $record->todo_erase ) {
				apply_verdict( $remote_id, (int) $record->comment_id, $verdict );
			}
			return true;
		}
	);
}

/**
 * Write a verdict down.
 *
 * @param object               $record  The comment's record, as it was before.
 * @param array<string, mixed> $verdict An answer of the API, or the `data` of an event.
 * @param bool                 $is_news False to take over nothing but the links, which events do not carry.
 */
function keep_verdict( $record, array $verdict, $is_news ) {
	global $wpdb;
	$known = verdict_of( $record );
	$kept  = $is_news ? array_intersect_key( $verdict, array_flip( array( 'decided_by', 'reasons', 'note' ) ) ) : $known;
	foreach ( array( 'status_url', 'dashboard_url' ) as $link ) {
		$kept[ $link ] = isset( $verdict[ $link ] ) ? $verdict[ $link ] : ( isset( $known[ $link ] ) ? $known[ $link ] : '' );
	}
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a table of our own.
	$wpdb->update(
		table(),
		array(
			'verdict' => wp_json_encode( $kept, JSON_INVALID_UTF8_SUBSTITUTE ),
			'state'   => $is_news ? $verdict['state'] : $record->state,
			'version' => $is_news ? (int) $verdict['version'] : (int) $record->version,
		),
		array( 'remote_id' => $record->remote_id )
	);
}

/**
 * What was written down of a verdict.
 *
 * @param object $record The comment's record.
 * @return array<string, mixed>
 */
function verdict_of( $record ) {
	$kept = json_decode( (string) $record->verdict, true );
	return is_array( $kept ) ? $kept : array();
}

/**
 * Move a comment to where the verdict wants it.
 *
 * @param string               $remote_id  The service's id of the comment.
 * @param int                  $comment_id WordPress's id of it.
 * @param array<string, mixed> $verdict    An answer of the API, or the `data` of an event.
 */
function apply_verdict( $remote_id, $comment_id, array $verdict ) {
	$comment = get_comment( $comment_id );
	$state   = $verdict['state'];
	if ( ! $comment || ! isset( STATUS_OF[ $state ] ) || 'post-trashed' === $comment->comment_approved ) {
		return;
	}
	$status = STATUS_OF[ $state ];
	if ( '1' === $status && 'machine' === $verdict['decided_by'] && own_rules_hold( $comment->to_array(), $comment->comment_approved ) ) {
		$status = '0';
		tell_later( $remote_id, hold_by_own_rules() );
	}
	if ( (string) $comment->comment_approved === $status ) {
		return;
	}
	as_the_service(
		static function () use ( $comment_id, $status ) {
			set_status( $comment_id, $status );
		}
	);
}

/**
 * Change a comment's status so that people at WordPress can take it back. Nothing is ever deleted by this.
 *
 * @param int    $comment_id WordPress's id.
 * @param string $status     `1`, `0`, `spam` or `trash`.
 */
function set_status( $comment_id, $status ) {
	if ( 'spam' === $status ) {
		wp_spam_comment( $comment_id );
	} elseif ( 'trash' === $status && EMPTY_TRASH_DAYS ) {
		wp_trash_comment( $comment_id );
	} else {
		// Without a bin, wp_trash_comment() would delete.
		wp_set_comment_status( $comment_id, 'trash' === $status ? 'trash' : ( '1' === $status ? 'approve' : 'hold' ) );
		delete_comment_meta( $comment_id, '_wp_trash_meta_status' );
		delete_comment_meta( $comment_id, '_wp_trash_meta_time' );
	}
}

/**
 * Whether what changes just now is the service's decision, and not one of WordPress's.
 *
 * @param bool|null $value A new value.
 * @return bool
 */
function is_the_service( $value = null ) {
	static $is = false;
	if ( null !== $value ) {
		$is = $value;
	}
	return $is;
}

/**
 * Do something in the service's name: it is not told of it.
 *
 * @param callable $work What to do.
 */
function as_the_service( callable $work ) {
	is_the_service( true );
	try {
		$work();
	} finally {
		is_the_service( false );
	}
}

/**
 * Whether WordPress holds a comment for a reason that the service does not stand in for.
 *
 * The rule that a first comment waits is what the service is there for. A listed word, too many links, a blog
 * on which everything waits, or another plugin's wish stand beside it. For pingbacks and trackbacks the rule stays:
 * whoever can send a request writes them, and no author was ever approved.
 *
 * @param array<string, mixed> $comment  As WordPress stores it, without slashes.
 * @param int|string           $approved What WordPress would do, `0` to hold.
 * @return bool
 */
function own_rules_hold( array $comment, $approved ) {
	if ( '0' !== (string) $approved ) {
		return false;
	}
	$type = isset( $comment['comment_type'] ) ? $comment['comment_type'] : 'comment';
	if ( in_array( $type, array( 'pingback', 'trackback' ), true ) ) {
		return true;
	}
	add_filter( 'pre_option_comment_previously_approved', '__return_zero' );
	$is_let_through = check_comment(
		$comment['comment_author'],
		$comment['comment_author_email'],
		$comment['comment_author_url'],
		$comment['comment_content'],
		isset( $comment['comment_author_IP'] ) ? $comment['comment_author_IP'] : '',
		isset( $comment['comment_agent'] ) ? $comment['comment_agent'] : '',
		$type
	);
	remove_filter( 'pre_option_comment_previously_approved', '__return_zero' );
	return ! $is_let_through;
}

/**
 * What the service hears of a comment that it would publish and WordPress holds.
 *
 * @return array<string, string>
 */
function hold_by_own_rules() {
	return array(
		'todo_decision' => 'hold',
		'note'          => __( 'Held by the rules under Settings → Discussion in WordPress.', 'moderation-service' ),
	);
}
